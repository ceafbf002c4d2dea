import { optimize } from '@ghostc/compiler';
import type { Runtime } from '@ghostc/conformance';
import { copyGraph } from '@ghostc/edit';
import { attempt, type Graph, type Node, type Tensor } from '@ghostc/ir';
import { bf16Round } from './bf16-round.ts';
import { cRuntimeWith } from './c-program.ts';
import type { Mutant, Subject } from './mutant.ts';

/** What a broken pass leaves of a node: other attributes, or other constants. */
interface PassFault {
  readonly name: string;
  readonly attrs?: (node: Node) => Node['attrs'] | undefined;
  /** Of input i of the node. */
  readonly constant?: (tensor: Tensor, i: number) => Tensor | undefined;
}

const floats = (tensor: Tensor, change: (data: Float32Array) => void): Tensor => {
  const data = Float32Array.from(tensor.data as Float32Array);
  change(data);
  return { ...tensor, data };
};

const faults: readonly PassFault[] = [
  {
    name: 'activation left out',
    attrs: (node) => (node.attrs.activation === 'relu' ? { ...node.attrs, activation: 'none' } : undefined),
  },
  {
    name: 'activation put in',
    attrs: (node) => (node.attrs.activation === 'none' ? { ...node.attrs, activation: 'relu' } : undefined),
  },
  { name: 'pads at the wrong end', attrs: ({ attrs }) => padsSwapped(attrs) },
  {
    name: 'bias not folded',
    constant: (tensor, i) =>
      i === 2 && tensor.shape.length === 1 ? floats(tensor, (d) => d.fill(0)) : undefined,
  },
  { name: 'kernel transposed', constant: (tensor, i) => (i === 1 ? transposed(tensor) : undefined) },
  {
    name: 'scale of one channel',
    constant: (tensor, i) =>
      i === 1
        ? floats(tensor, (d) => d.set(d.slice(0, Math.ceil(d.length / 8)).map((v) => v * 1.01)))
        : undefined,
  },
  {
    name: 'weights rounded to bfloat16',
    constant: (tensor, i) =>
      i === 1 ? floats(tensor, (d) => d.forEach((v, k) => (d[k] = bf16Round(v)))) : undefined,
  },
  {
    name: 'channels shifted',
    constant: (tensor, i) => (i === 1 ? floats(tensor, (d) => d.set(d.slice(1))) : undefined),
  },
];

function padsSwapped(attrs: Node['attrs']): Node['attrs'] | undefined {
  const pads = attrs.pads as readonly number[] | undefined;
  if (pads?.length !== 4 || pads.every((p) => p === 0)) return undefined;
  const [top = 0, left = 0, bottom = 0, right = 0] = pads;
  return { ...attrs, pads: top === bottom ? [top - 1, left, bottom + 1, right] : [bottom, right, top, left] };
}

/** [.., h, w] with h and w of one size swapped. */
function transposed(tensor: Tensor): Tensor | undefined {
  const [, , h = 1, w = 1] = tensor.shape;
  if (tensor.shape.length !== 4 || h !== w || h === 1) return undefined;
  const source = tensor.data as Float32Array;
  return floats(tensor, (data) => {
    for (let i = 0; i < data.length; i++) {
      const [plane, u, v] = [Math.floor(i / (h * w)), Math.floor((i % (h * w)) / w), i % w];
      data[i] = source[plane * h * w + v * w + u] ?? 0;
    }
  });
}

/** Optimised graphs in which a pass broke one node, found by its names in parts of the model too. */
export function passMutants({ name, graph }: Subject): Mutant[] {
  const optimized = optimize(graph);
  return [...optimized.nodes()].flatMap((node) =>
    faults.flatMap((fault) => {
      const broken = attempt(() => withFault(optimized, node, fault));
      if (!broken) return [];
      return {
        name: `${name} pass: ${fault.name}: ${node.op} ${node.origin[0]}`,
        kind: 'pass' as const,
        layers: new Set(node.origin),
        runtime: throughC((model) => withFault(optimize(model), node, fault) ?? model),
      };
    }),
  );
}

function throughC(change: (model: Graph) => Graph): Runtime {
  const c = cRuntimeWith('c', (source) => source);
  return { ...c, prepare: (model) => c.prepare(change(model)) };
}

/** Undefined where the graph has no such node, or the fault does not apply. */
function withFault(optimized: Graph, { op, origin }: Node, fault: PassFault): Graph | undefined {
  const found = [...optimized.nodes()].find((node) => node.op === op && node.origin.join() === origin.join());
  if (!found) return undefined;
  const attrs = fault.attrs?.(found);
  const inputs = found.inputs.map((value, i) => value?.constant && fault.constant?.(value.constant, i));
  if (!attrs && !inputs.some(Boolean)) return undefined;
  return copyGraph(optimized, {
    attrs: (node) => (node === found && attrs ? attrs : node.attrs),
    constant: (tensor) => {
      const i = found.inputs.findIndex((value) => value?.constant === tensor);
      return inputs[i] ?? tensor;
    },
  });
}
