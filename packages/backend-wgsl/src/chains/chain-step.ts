import { itemAt, type Node, numElements, staticShape } from '@ghostc/ir';
import type { Sharing, Step } from '../kernel.ts';
import type { Chain, Span } from './find-chains.ts';
import { joinedCode, type Part } from './joined-code.ts';

/** The step of a node of a chain, and how its items lie in the output. */
export interface SharedStep {
  readonly step: Step;
  readonly items: Sharing['items'];
}

/** Invocations of a workgroup; the most are WebGPU's default limit. */
const [LEAST, MOST] = [64, 256];

/** Enough for the items of the first node, where each workgroup has some channels. */
function groupOf({ items }: Part, spans: Chain['spans']): number {
  return spans ? Math.min(MOST, Math.max(LEAST, 2 ** Math.ceil(Math.log2(items)))) : MOST;
}

/**
 * One step for a chain: the code of each node as a function, and a barrier between two. Parameters, and the functions that use
 * them, get the number of the node.
 */
export function chainStep({ nodes, spans }: Chain, stepOf: (node: Node) => SharedStep): Step {
  const parts = nodes.map((node, i) => partOf(stepOf(node), { i, node, spans: spans?.get(node) }));
  const plain = joinedCode(parts, 'plain');
  const dot = parts.some(({ step }) => step.dotBody) && joinedCode(parts, 'dot');
  const first = itemAt(parts, 0);
  const { arena, weights } = first.step;
  return {
    id: ['chain', ...parts.map(({ step }) => step.id.replace('qlinear_', ''))].join('_'),
    arena,
    weights,
    ...plain,
    ...(dot && { dotBody: dot.body, dotFunctions: dot.functions }),
    group: groupOf(first, spans),
    ints: Object.assign({}, ...parts.map(({ ints }) => ints)),
    floats: Object.assign({}, ...parts.map(({ floats }) => floats)),
    count: Math.max(...parts.map(({ tiles }) => tiles)),
  };
}

interface Place {
  readonly i: number;
  readonly node: Node;
  readonly spans: readonly Span[] | undefined;
}

function partOf({ step, items }: SharedStep, { i, node, spans }: Place): Part {
  const suffix = `_${i}`;
  const named = (values: Readonly<Record<string, number>>): Record<string, number> =>
    Object.fromEntries(Object.entries(values).map(([name, value]) => [name + suffix, value]));
  const base = { step, suffix, floats: named(step.floats ?? {}) };
  const own = { COUNT: step.count, ...step.ints };
  if (step.group !== undefined) {
    const calls = `if (tile < COUNT${suffix}) {\npart${suffix}(tile, lane);\n}`;
    return { ...base, ints: named(own), calls, tiles: step.count, items: LEAST };
  }
  const ranges = (spans ?? [undefined]).map((span) => rangeOf({ step, items }, node, span));
  const bounds = ranges.map(({ from, to, each }, k) => ({
    [`FROM${k}`]: from,
    [`TO${k}`]: to,
    [`EACH${k}`]: each,
  }));
  return {
    ...base,
    ints: named(Object.assign(own, ...bounds)),
    calls: ranges.map((_, k) => loopText(`${k}${suffix}`, suffix)).join('\n'),
    tiles: Math.max(...ranges.map(({ from, to, each }) => Math.ceil((to - from) / each))),
    items: Math.max(...ranges.map(({ each }) => each)),
  };
}

const loopText = (range: string, suffix: string): string =>
  `for (var item = FROM${range} + tile * EACH${range} + lane; item < min(FROM${range} + (tile + 1) * EACH${range}, TO${range}); item += LANES) {
part${suffix}(item);
}`;

/** The items of a span of channels; all of them without one. */
function rangeOf({ step: { count }, items }: SharedStep, { output }: Node, span: Span | undefined): Span {
  if (!span) return { from: 0, to: count, each: count };
  const [, channels = 1, ...plane] = staticShape(output.type.shape);
  const perBlock = count / Math.ceil(channels / 4);
  const at = (channel: number): number =>
    items === 'words' ? Math.ceil((channel * numElements(plane)) / 4) : Math.ceil(channel / 4) * perBlock;
  return { from: at(span.from), to: Math.min(count, at(span.to)), each: at(span.each) };
}
