import { CompileError, fromNumbers, itemAt, numElements, type Value } from '@ghostc/ir';
import { Formulas, fixedShape } from './formulas.ts';
import type { NodeReader, OpRow } from './node-reader.ts';

export const einsumRows: readonly OpRow[] = [['Einsum', readEinsum]];

/** Each further operand becomes about five nodes from two bytes in the file: they count as this many elements. */
const OPERAND = 2 ** 14;

/** A tensor with a label for each axis. */
interface Term {
  readonly value: Value;
  readonly labels: readonly string[];
}

/** Whether something reads a label later. */
type Wanted = (label: string) => boolean;

/** Products of tensors, summed over the labels that the result lacks: two at a time, each pair one matmul or product. */
function readEinsum(node: NodeReader): Value {
  const equation = parse(node);
  node.claim(OPERAND * (equation.terms.length - 1), 'all that the operands of Einsum become');
  const f = new Formulas(node);
  const terms = equation.terms.map((term) => onceEach(f, term));
  const last = new Map(terms.flatMap(({ labels }, i) => labels.map((label) => [label, i])));
  const output = new Set(equation.output);
  const product = terms.reduce((left, right, i) => {
    const wanted: Wanted = (label) => output.has(label) || (last.get(label) ?? 0) > i;
    const besides =
      ({ labels }: Term): Wanted =>
      (label) =>
        wanted(label) || labels.includes(label);
    return multiplied(f, [summed(f, left, besides(right)), summed(f, right, besides(left))], wanted);
  });
  const { value, labels } = summed(f, product, (label) => output.has(label));
  const perm = equation.output.map((label) => labels.indexOf(label));
  if (perm.includes(-1))
    throw malformed(
      node,
      `the result has the label ${equation.output[perm.indexOf(-1)]}, which no operand has`,
    );
  return f.emit('transpose', [value], { perm });
}

function malformed(node: NodeReader, problem: string): CompileError {
  return new CompileError(
    'onnx/attribute',
    `equation ${JSON.stringify(node.text('equation', ''))}: ${problem}`,
  );
}

/** The labels of each operand and of the result; an axis under the dots is called by its place from the end of them. */
function parse(node: NodeReader): { terms: Term[]; output: string[] } {
  const [left = '', right] = node.text('equation', '').replaceAll(/\s/g, '').split('->');
  const texts = left.split(',');
  if (texts.length !== node.inputCount)
    throw malformed(node, `expected ${node.inputCount} operands, found ${texts.length}`);
  const terms = texts.map((text, i) => {
    const rank = node.input(i).type.shape.length;
    const hidden = rank - text.replace('...', '').length;
    const labels = labelsOf(text, hidden);
    if (labels.length !== rank || !labels.every((label) => /^([a-zA-Z]|\.\d+)$/.test(label)))
      throw malformed(node, `${text} does not fit operand ${i} of rank ${rank}`);
    return { value: node.input(i), labels };
  });
  const all = terms.flatMap(({ labels }) => labels);
  const dots = Math.max(
    0,
    ...all.filter((label) => label.startsWith('.')).map((label) => Number(label.slice(1))),
  );
  const counts = new Map<string, number>();
  for (const label of all) counts.set(label, (counts.get(label) ?? 0) + 1);
  const once = all.filter((label) => !label.startsWith('.') && counts.get(label) === 1);
  return {
    terms,
    output: right === undefined ? [...labelsOf('...', dots), ...once.sort()] : labelsOf(right, dots),
  };
}

function count(labels: readonly string[], wanted: string): number {
  return labels.filter((label) => label === wanted).length;
}

/** `b...c` over two hidden axes: b, .2, .1, c. */
function labelsOf(text: string, hidden: number): string[] {
  const [before = '', after] = text.split('...');
  if (after === undefined) return [...before];
  return [...before, ...Array.from({ length: hidden }, (_, i) => `.${hidden - i}`), ...after];
}

/** A repeated label in an operand means the diagonal of the two axes. */
function onceEach(f: Formulas, term: Term): Term {
  const twice = term.labels.find((label) => count(term.labels, label) > 1);
  if (twice === undefined) return term;
  const axes = term.labels.flatMap((label, axis) => (label === twice ? [axis] : [])).slice(0, 2);
  const rest = [...term.labels.keys()].filter((axis) => !axes.includes(axis));
  const shape = fixedShape(f.node, term.value);
  const [n = 1, m = 1] = axes.map((axis) => shape[axis]);
  if (n !== m) throw malformed(f.node, `the label ${twice} stands for ${n} and ${m}`);
  const moved = f.emit('transpose', [term.value], { perm: [...rest, ...axes] });
  const flat = f.reshape(moved, [...rest.map((axis) => shape[axis] ?? 1), n * n]);
  f.node.claim(n, `the diagonal of ${n}`);
  const places = Array.from({ length: n }, (_, i) => i * (n + 1));
  const diagonal = f.emit('gather', [flat, f.node.addConstant(fromNumbers('i64', [n], places))], {
    axis: rest.length,
  });
  return onceEach(f, { value: diagonal, labels: [...rest.map((axis) => itemAt(term.labels, axis)), twice] });
}

/** The term without the labels that nothing needs. */
function summed(f: Formulas, { value, labels }: Term, wanted: Wanted): Term {
  const axes = labels.flatMap((label, axis) => (wanted(label) ? [] : [axis]));
  if (axes.length === 0) return { value, labels };
  return {
    value: f.emit('reduce_sum', [value], { axes, keepdims: false }),
    labels: labels.filter((label) => wanted(label)),
  };
}

/** Labels of both that are not wanted are summed over: a matmul with the other common labels as its batch. */
function multiplied(f: Formulas, [a, b]: readonly [Term, Term], wanted: Wanted): Term {
  const common = a.labels.filter((label) => b.labels.includes(label));
  const [batch, inner] = [common.filter((l) => wanted(l)), common.filter((l) => !wanted(l))];
  const own = (term: Term): string[] => term.labels.filter((label) => !common.includes(label));
  const [rows, columns] = [own(a), own(b)];
  const sizes = sizesOf(f, [a, b], inner);
  const size = (labels: readonly string[]): number =>
    numElements(labels.map((label) => sizes.get(label) ?? 1));
  const left = arranged(f, a, [batch.map((l) => [l]), [rows], [inner]].flat());
  const right = arranged(f, b, [batch.map((l) => [l]), [inner], [columns]].flat());
  const product = inner.length > 0 ? f.emit('matmul', [left, right]) : f.mul(left, right);
  const labels = [...batch, ...rows, ...columns];
  return {
    value: f.reshape(
      product,
      labels.map((label) => size([label])),
    ),
    labels,
  };
}

/** The size of each label; only labels under dots, or not summed, may be 1 against another size. */
function sizesOf(f: Formulas, terms: readonly Term[], inner: readonly string[]): Map<string, number> {
  const sizes = new Map<string, number>();
  for (const { value, labels } of terms)
    fixedShape(f.node, value).forEach((size, axis) => {
      const label = itemAt(labels, axis);
      const known = sizes.get(label) ?? 1;
      if (known !== size && sizes.has(label) && (inner.includes(label) || (known !== 1 && size !== 1)))
        throw malformed(f.node, `the label ${label} stands for ${known} and ${size}`);
      sizes.set(label, known === 1 ? size : known);
    });
  return sizes;
}

/** Axes in the order of the groups, those of one group as one axis. */
function arranged(f: Formulas, { value, labels }: Term, groups: readonly (readonly string[])[]): Value {
  const shape = fixedShape(f.node, value);
  const perm = groups.flat().map((label) => labels.indexOf(label));
  const moved = f.emit('transpose', [value], { perm });
  return f.reshape(
    moved,
    groups.map((group) => numElements(group.map((label) => shape[labels.indexOf(label)] ?? 1))),
  );
}
