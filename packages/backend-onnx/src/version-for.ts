import type { DType, Graph, Node } from '@ghostc/ir';
import { activationsOf, intsOf, lookup } from '@ghostc/ops';
import { onnxFunction } from './onnx-functions.ts';

export interface OnnxVersion {
  readonly opset: number;
  readonly irVersion: number;
}

/** Opset 17 with IR version 8, from ONNX 1.12: supported by every recent reader. */
export const USUAL = 17;
/** Before this opset axes are attributes. */
export const OLDEST = 13;

/** The first opset whose Cast, and IR version whose tensors, know an element type. */
const typeVersions: Partial<Readonly<Record<DType, OnnxVersion>>> = {
  f8e4m3fn: { opset: 19, irVersion: 9 },
  f8e4m3fnuz: { opset: 19, irVersion: 9 },
  f8e5m2: { opset: 19, irVersion: 9 },
  f8e5m2fnuz: { opset: 19, irVersion: 9 },
  i4: { opset: 21, irVersion: 10 },
  u4: { opset: 21, irVersion: 10 },
  f4e2m1: { opset: 23, irVersion: 11 },
  f8e8m0: { opset: 24, irVersion: 12 },
  i2: { opset: 25, irVersion: 13 },
  u2: { opset: 25, irVersion: 13 },
};

/**
 * Requires as little as possible from readers: the smallest version from `least` on that can express
 * everything in the graph, except for nodes kept from the source.
 */
export function versionFor(graph: Graph, least: number, sourced: ReadonlySet<Node>): OnnxVersion {
  let [opset, irVersion] = [Math.max(least, OLDEST), 8];
  const types = new Set<DType>();
  for (const { type } of [...graph.inputs, ...graph.constants]) types.add(type.dtype);
  for (const node of graph.nodes()) {
    for (const { type } of node.outputs) types.add(type.dtype);
    if (!sourced.has(node)) opset = Math.max(opset, opVersion(node));
  }
  for (const dtype of types) {
    opset = Math.max(opset, typeVersions[dtype]?.opset ?? 0);
    irVersion = Math.max(irVersion, typeVersions[dtype]?.irVersion ?? 0);
  }
  return { opset, irVersion: opset >= 21 ? Math.max(irVersion, 10) : irVersion };
}

function opVersion(node: Node): number {
  const { op, attrs, output } = node;
  if (op === 'onnx_node') return Number(attrs.opset);
  const { dtype } = output.type;
  const functions = [op, ...activationsOf(attrs).map(({ activation }) => activation)];
  const since = Math.max(...functions.map((name) => onnxFunction(name)?.since(dtype) ?? 0));
  if (since) return since;
  if (functions.includes('hard_swish')) return 14;
  // Windows over bfloat16 are defined from here on only.
  if (dtype === 'bf16' && lookup(op).traits.has('window')) return 22;
  if ((op === 'reduce_max' || op === 'reduce_min') && dtype === 'bool') return 20;
  // QuantizeLinear and DequantizeLinear of 16 bits; the smaller versions know them for 8.
  if ([...node.inputs, output].some((value) => value?.type.quant && value.type.dtype === 'i16')) return 21;
  if (op === 'grid_sample') return 16;
  if (op === 'resize' && intsOf(attrs, 'sizes').includes(0)) return 18;
  const dilations = intsOf(attrs, 'dilations');
  if (op === 'average_pool' && dilations.some((step) => step !== 1)) return 19;
  if (op === 'pad' && attrs.mode === 'wrap') return 19;
  if (op === 'scatter_nd' && (attrs.reduction === 'max' || attrs.reduction === 'min')) return 18;
  return 0;
}
