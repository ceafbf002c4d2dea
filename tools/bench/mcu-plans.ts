import { planC } from '@ghostc/backend-c';
import { devices, type IoForm, ioForms, lowerForKernels, optimize, readModel } from '@ghostc/compiler';
import { seededSamples, withOneImage } from '@ghostc/conformance';
import { buildFromSpec } from '@ghostc/ghostnet';
import type { Graph } from '@ghostc/ir';
import { quantize } from '@ghostc/quant';
import type { Row } from './mcu-report.ts';
import { findTiny, tinyModels } from './mlperf-tiny.ts';
import { onnxModels } from './onnx-models.ts';

interface Variant {
  readonly name: string;
  readonly graph: Graph;
}

/**
 * The arena of every reference model, float and int8, for every device and both places of inputs and outputs, against the
 * lower bound that is proven for all orders and layouts. Rows whose figures are the same on several devices stand together.
 */
export function plans(progress: (what: string) => void): Row[] {
  const rows: Row[] = [];
  for (const { name, graph } of references()) {
    progress(`plans of ${name}`);
    for (const variant of variantsOf(name, graph)) rows.push(...planRows(variant));
  }
  return rows;
}

/** The ONNX models that all benchmarks know, GhostNet 1.3x, and MLPerf Tiny where it lies beside the repository. */
function* references(): IterableIterator<Variant> {
  for (const { name, bytes } of onnxModels(process.cwd()))
    yield { name, graph: readModel(bytes, { file: name }) };
  yield { name: 'ghostnet:1.3', graph: buildFromSpec('ghostnet:1.3', { seed: 1 }) };
  for (const name of tinyModels) {
    const bytes = findTiny(name);
    if (bytes) yield { name, graph: readModel(bytes, { file: `${name}.tflite` }) };
  }
}

/** As it is; and in int8, calibrated on one seeded input, if it is float: scales do not change a plan. */
function* variantsOf(name: string, model: Graph): IterableIterator<Variant> {
  const graph = lowerForKernels(optimize(withOneImage(model)));
  const isFloat = graph.inputs.every(({ type }) => type.dtype === 'f32');
  yield { name: isFloat ? `${name} float` : name, graph };
  if (!isFloat) return;
  yield { name: `${name} int8`, graph: quantize(graph, seededSamples(graph, 1), { io: 'int8' }).graph };
}

function planRows({ name, graph }: Variant): Row[] {
  const found = new Map<string, { device: string; io: IoForm }[]>();
  for (const io of ioForms) {
    for (const device of devices) {
      const { arenaBytes, gap } = planC(graph, { device, io }).plan;
      const key = `${arenaBytes} ${arenaBytes - gap}`;
      found.set(key, [...(found.get(key) ?? []), { device, io }]);
    }
  }
  return [...found].map(([key, where]) => {
    const [ours = 0, target = 0] = key.split(' ').map(Number);
    return { name, device: placesText(where), unit: 'bytes', ours, target };
  });
}

/** Such as `cortex-m4, cortex-m7; io arena: all`. */
function placesText(where: readonly { device: string; io: IoForm }[]): string {
  const texts = ioForms.map((io) => {
    const names = where.filter((one) => one.io === io).map(({ device }) => device);
    return names.length === devices.length ? 'all' : names.join(', ');
  });
  const [caller, arena] = texts;
  if (caller === arena) return `${caller}; any io`;
  return [caller && `${caller}; io caller`, arena && `${arena}; io arena`].filter(Boolean).join(' / ');
}
