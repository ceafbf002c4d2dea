import { isStatic } from '@ghostc/ir';
import { dimsOf, type Moved, onlyFirst, refuse, type Site } from './samples.ts';

const product = (dims: readonly number[]): number => dims.reduce((all, dim) => all * dim, 1);

/** The axis of the target at which the samples begin, with a target that fits every batch. */
export function reshapeSamples(site: Site): Moved {
  const { node, from } = site;
  const { axis, inner } = onlyFirst(site);
  const [source, target] = [dimsOf(node.inputs[0]), dimsOf(node.output)];
  const before = source.slice(0, axis);
  if (!before.every(isStatic) || !target.every(isStatic))
    return refuse(site, `its target [${target.join(',')}] is symbolic`);
  const [outer, row] = [product(before), product(source.slice(axis).map(Number)) / from];
  const at = target.findIndex(
    (dim, i) => product(target.slice(0, i)) === outer && fits(dim, target.slice(i + 1)),
  );
  if (at < 0) return refuse(site, `its target [${target.join(',')}] has no axis of ${from} samples`);
  const merged = (target[at] ?? 0) / from;
  const copied = at === axis && merged === inner;
  const shape = target.map((dim, i) => (i === at ? (copied ? 0 : -1) : dim));
  return { outputs: { axis: at, inner: merged }, attrs: { ...node.attrs, shape } };

  function fits(dim: number, rest: readonly number[]): boolean {
    return dim % from === 0 && (dim / from) * product(rest) === row;
  }
}
