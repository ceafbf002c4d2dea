import type { Attrs, Graph, Node, Value } from '@ghostc/ir';
import { buildNode, intsOf, lookup, nhwcName, registry, toNchw, toNhwc, withDefaults } from '@ghostc/ops';
import { foldConstants } from './fold-constants.ts';
import type { Pass } from './pass.ts';
import { removeDeadCode } from './remove-dead-code.ts';

/**
 * NCHW to NHWC: convolutions and pools become their NHWC variants, and the ops between them (elementwise ops,
 * concat, slice, pad, mean) are converted too, so that transposes remain only where images enter, leave, or
 * reach an op that supports only NCHW. An image is transposed at most once in each direction. For targets
 * with channels-last kernels; not part of the optimiser.
 */
export const assignNhwc: Pass = {
  name: 'assign-nhwc',
  run(graph) {
    const assignment = new NhwcAssignment(graph);
    for (const node of [...graph.nodes()]) assignment.assign(node);
    assignment.finish();
    foldConstants.run(graph);
    removeDeadCode.run(graph);
  },
};

class NhwcAssignment {
  readonly #graph: Graph;
  /** NHWC copies of NCHW values. */
  readonly #nhwc = new Map<Value, Value>();
  /** NCHW copies of values that are computed in NHWC. */
  readonly #nchw = new Map<Value, Value>();
  /** Values that are computed in NHWC. */
  readonly #moved = new Set<Value>();

  constructor(graph: Graph) {
    this.#graph = graph;
  }

  assign(node: Node): void {
    const variant = nhwcName(node.op);
    const isWindow = registry.has(variant) && node.output.type.shape.length === 4;
    const attrs = isWindow ? node.attrs : this.#follow(node);
    if (!attrs) {
      this.#keep(node);
      return;
    }
    const op = isWindow ? variant : node.op;
    const inputs = node.inputs.map(
      (value, i) => value && (isImage(node, i) ? this.#input(node, value) : value),
    );
    const made = buildNode(this.#graph, {
      op,
      inputs,
      attrs,
      origin: node.origin,
      names: [node.output.name],
      before: node,
    });
    this.#nhwc.set(node.output, made.output);
    this.#moved.add(node.output);
  }

  /** Outputs of the graph are NCHW. */
  finish(): void {
    for (const output of this.#graph.outputs)
      if (this.#moved.has(output.value)) output.value = this.#back(output.value, null);
  }

  /** The attributes of a node in NHWC, or null if it cannot or need not be converted. */
  #follow(node: Node): Attrs | null {
    const images = node.inputs.filter((value) => value && !value.constant);
    const known = images.some((value) => value && this.#moved.has(value));
    if (!known || [...images, node.output].some((value) => value?.type.shape.length !== 4)) return null;
    if (lookup(node.op).traits.has('elementwise')) return node.attrs;
    return movedAttrs(node);
  }

  #keep(node: Node): void {
    for (const value of node.inputs)
      if (value && this.#moved.has(value)) this.#graph.replaceInput(node, value, this.#back(value, node));
  }

  /** An image in NHWC for a node; constants of lower rank that broadcast over it gain axes. */
  #input(node: Node, value: Value): Value {
    const known = this.#nhwc.get(value);
    if (known) return known;
    const source = value.type.shape.length < 4 ? this.#expanded(value, node) : value;
    if (source.type.shape.length !== 4) return source;
    const moved = this.#transpose(source, toNhwc, node);
    this.#nhwc.set(value, moved);
    return moved;
  }

  /** A value of lower rank that broadcasts over an image, with leading ones. */
  #expanded(value: Value, before: Node): Value {
    const { shape } = value.type;
    if (shape.length === 0 || (shape.length === 1 && shape[0] === 1)) return value;
    const full = [...new Array<number>(4 - shape.length).fill(1), ...shape.map(Number)];
    return buildNode(this.#graph, { op: 'reshape', inputs: [value], attrs: { shape: full }, before }).output;
  }

  #back(value: Value, before: Node | null): Value {
    const known = this.#nchw.get(value);
    if (known) return known;
    const source = this.#nhwc.get(value) ?? value;
    const copy = this.#transpose(source, toNchw, before);
    this.#nchw.set(value, copy);
    return copy;
  }

  #transpose(value: Value, perm: readonly number[], before: Node | null): Value {
    const names = [value.name];
    return buildNode(this.#graph, { op: 'transpose', inputs: [value], attrs: { perm }, names, before })
      .output;
  }
}

/**
 * Inputs of a node that are images: x and the residual of convolutions and pools, x of a function of x, all
 * inputs of other ops.
 */
function isImage({ op }: Node, index: number): boolean {
  if (lookup(op).traits.has('unary')) return index === 0;
  return !registry.has(nhwcName(op)) || index === 0 || index === 3;
}

const axisOf = (axis: number): number => toNchw[axis < 0 ? axis + 4 : axis] ?? axis;
const axesOf = (attrs: Attrs): number[] => intsOf(attrs, 'axes').map(axisOf);

/** Ops with one named axis. */
const alongAxis = new Set(['concat', 'softmax', 'qlinear_softmax']);

/** Ops that only change element types, whatever the order of elements. */
const conversions = new Set(['quantize_linear', 'dequantize_linear']);

/** Attributes that name axes, converted from an NCHW image to an NHWC one; null if the op cannot be converted. */
function movedAttrs({ op, attrs }: Node): Attrs | null {
  const specs = lookup(op).attrs;
  if (conversions.has(op)) return attrs;
  if (alongAxis.has(op)) return { ...attrs, axis: axisOf(Number(withDefaults(specs, attrs).axis)) };
  if ('axes' in specs && 'keepdims' in specs) return movedReduction(attrs);
  if (op === 'slice') return { ...attrs, axes: axesOf(attrs) };
  return op === 'pad' ? { ...attrs, pads: movedPads(intsOf(attrs, 'pads')) } : null;
}

function movedPads(pads: readonly number[]): number[] {
  return [...toNhwc, ...toNhwc.map((axis) => axis + 4)].map((at) => pads[at] ?? 0);
}

/** Without `keepdims` the order of the remaining axes would be visible. */
function movedReduction(attrs: Attrs): Attrs | null {
  const named = Array.isArray(attrs.axes) && attrs.axes.length > 0 && attrs.keepdims !== false;
  return named ? { ...attrs, axes: axesOf(attrs) } : null;
}
