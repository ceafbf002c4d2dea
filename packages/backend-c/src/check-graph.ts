import {
  CompileError,
  type DType,
  type Graph,
  isStaticShape,
  type Node,
  numElements,
  type Value,
  visitGraph,
} from '@ghostc/ir';
import { lookup } from '@ghostc/ops';
import { isCElement } from './c-type.ts';
import type { Kernel } from './kernel.ts';
import { generalKernels } from './kernels/general/index.ts';

/** Element types that quantised kernels and data movement know; general kernels take all that C has. */
const tuned = new Set<DType>(['f32', 'i8', 'u8', 'i16']);

/** Words that no name in C may be, and `main`. */
export const reservedNames: ReadonlySet<string> = new Set(
  'auto break case char const continue default do double else enum extern float for goto if inline int long register restrict return short signed sizeof static struct switch typedef union unsigned void volatile while main'.split(
    ' ',
  ),
);

/** Throws `backend-c/name` unless `name` can prefix C identifiers and file names. */
export function checkName(name: string): void {
  if (/^[A-Za-z][A-Za-z0-9_]{0,62}$/.test(name) && !reservedNames.has(name)) return;
  throw new CompileError(
    'backend-c/name',
    `name expects a C identifier of at most 63 characters, found ${JSON.stringify(name)}`,
  );
}

/** Throws the first CompileError about something that the C backend has no code for; `kernelOf` throws where a node has no kernel. */
export function checkGraph(graph: Graph, kernelOf: (node: Node) => Kernel): void {
  visitGraph(graph, { value: checkValue });
  for (const node of graph.nodes()) {
    kernelOf(node);
    if (computesInFloat(node)) checkTypes(node);
  }
}

/** Kernels that are neither general, nor of integers, nor move elements compute in float32. */
function computesInFloat(node: Node): boolean {
  const { computed, traits } = lookup(node.op);
  const integers = computed === 'quantized' || computed === 'mcu';
  return !integers && !traits.has('movement') && !generalKernels[node.op]?.accepts?.(node);
}

function checkTypes(node: Node): void {
  const at = { node: node.origin[0], op: node.op };
  const { traits } = lookup(node.op);
  for (const value of [...node.inputs, ...node.outputs]) {
    if (!value || value.type.dtype === 'f32' || (traits.has('integer') && tuned.has(value.type.dtype)))
      continue;
    throw new CompileError(
      'backend-c/dtype',
      `${node.op} computes in f32, %${value.name} is ${value.type.dtype}`,
      at,
    );
  }
}

function checkValue(value: Value, node: Node | null): void {
  const at = node ? { node: node.origin[0], op: node.op } : {};
  const { dtype, shape } = value.type;
  if (!isCElement(dtype))
    throw new CompileError(
      'backend-c/dtype',
      `%${value.name} is ${dtype}, for which no C code is generated`,
      at,
    );
  if (!isStaticShape(shape))
    throw new CompileError(
      'backend-c/symbolic',
      `%${value.name} has the shape [${shape.join(',')}]; bind its dimensions first`,
      at,
    );
  const elements = numElements(shape);
  // what nothing computes may have none
  const least = node ? 1 : 0;
  if (elements < least || elements >= 2 ** 29)
    throw new CompileError(
      'backend-c/size',
      `%${value.name} has ${elements} elements; expected ${least} to 2^29 - 1`,
      at,
    );
}
