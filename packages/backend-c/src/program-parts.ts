import { CompileError, itemAt, Node, numElements, staticShape, type Value } from '@ghostc/ir';
import { arenaSpans, layersOf, type PlacedStream, runningSteps, type StreamedPlan } from '@ghostc/planner';
import type { CProgram, CStream, CTensor, WeightForm } from './c-program.ts';

export function peaksOf(plan: StreamedPlan): CProgram['peaks'] {
  const { live } = plan;
  const run = runningSteps(plan);
  const layers = run.map((step, i) => ({ layer: stepText(step), bytes: live[i] ?? 0 }));
  return layers.sort((a, b) => b.bytes - a.bytes).slice(0, 3);
}

export function buffersOf(plan: StreamedPlan): CProgram['buffers'] {
  return arenaSpans(plan).map(({ value, ...span }) => ({ name: value?.name ?? 'working memory', ...span }));
}

function stepText(step: Node | PlacedStream): string {
  return step instanceof Node
    ? `${step.op} %${step.output.name}`
    : `bands of rows %${itemAt(step.outputs, 0).name}`;
}

export function streamFacts({ stream, outputs }: PlacedStream): CStream {
  const { bands, steps } = stream;
  const rates = steps.flatMap((step) => (step instanceof Node || !step.rate ? [] : [step.rate]));
  const layers = layersOf(stream).length;
  return { layers, bands, rows: Math.min(...rates), output: itemAt(outputs, 0).name };
}

/** A section name is written to C and assembly unquoted. */
export function checkedSection(section: string | undefined, form: WeightForm): string | undefined {
  if (section !== undefined && (form === 'external' || form === 'fetch'))
    throw new CompileError(
      'backend-c/section',
      `weights that the caller loads are in no section, found ${section}; expected weights c or bin`,
    );
  if (section === undefined || /^[.A-Za-z_][\w.]{0,63}$/.test(section)) return section;
  throw new CompileError(
    'backend-c/section',
    `${JSON.stringify(section)} is no section name; expected letters, digits, _ and .`,
  );
}

/** Byte of the arena; a constant lies with the weights, and has none. */
export function arenaOffset(value: Value, { placements }: StreamedPlan): number {
  const place = placements.get(value);
  if (place?.region === 'arena') return place.offset;
  throw new CompileError(
    'backend-c/io',
    `output %${value.name} is a constant, which has no place in the arena; expected a computed value or an input, or io caller`,
  );
}

export function tensorOf(
  name: string,
  { value, offset }: { readonly value: Value; readonly offset: number | undefined },
): CTensor {
  return {
    name,
    shape: staticShape(value.type.shape),
    dtype: value.type.dtype,
    elements: numElements(value.type.shape),
    ...(value.type.quant && { quant: value.type.quant }),
    ...(offset !== undefined && { offset }),
  };
}
