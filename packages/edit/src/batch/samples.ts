import { CompileError, type Dim, type Node, type Value } from '@ghostc/ir';
import { normalAxis } from '@ghostc/ops';

/**
 * How a value holds the samples of a batch: sample s is the elements with index [s * inner, (s + 1) * inner) along `axis`.
 * `inner` is 1 unless a reshape has merged further axes into this one.
 */
export interface Samples {
  readonly axis: number;
  readonly inner: number;
}

/** A node during a change of batch size. */
export interface Site {
  readonly node: Node;
  /** For each input; null if it has no samples, so is the same for all. */
  readonly inputs: readonly (Samples | null)[];
  /** Attributes with defaults filled in. */
  readonly attrs: Readonly<Record<string, unknown>>;
  /** Whatever depends on an input of the graph. */
  readonly given: ReadonlySet<Value>;
  /** The old batch size and the new one. */
  readonly from: number;
  readonly to: Dim;
}

/** An input that is the same for all samples, and must be repeated for each along `axis`. */
export interface Repeated {
  readonly x: Value;
  readonly axis: number;
}

/** Where the samples of a node's outputs are (one for all, or one each), and what must change for that. */
export interface Moved {
  readonly outputs: Samples | readonly Samples[];
  readonly attrs?: Node['attrs'];
  readonly repeated?: readonly Repeated[];
}

/** Throws `edit/batch` at the node. */
export function refuse({ node }: Site, reason: string): never {
  throw new CompileError('edit/batch', `the batch cannot change: ${reason}`, {
    node: node.origin[0] ?? node.output.name,
    op: node.op,
  });
}

export function dimsOf(value: Value | null | undefined): readonly Dim[] {
  return value?.type.shape ?? [];
}

/** The samples of the first input; refused if another input has some. */
export function onlyFirst(site: Site): Samples {
  const [first, ...others] = site.inputs;
  const at = others.findIndex(Boolean) + 1;
  if (at > 0) refuse(site, `%${site.node.inputs[at]?.name} depends on the batch`);
  return first as Samples;
}

/** Throws if an axis that the node mixes is the sample axis. */
export function keepsApart(site: Site, axis: number, samples: Samples): void {
  const rank = dimsOf(site.node.inputs[0]).length;
  if (normalAxis(axis, rank) === samples.axis)
    refuse(site, `it mixes the samples, which lie along axis ${samples.axis}`);
}

/**
 * Repeats an input without samples for each sample; refused if it has several rows, or is another input of
 * the graph.
 */
export function repeatedAt(site: Site, slot: number, axis: number): Repeated {
  const x = site.node.inputs[slot];
  const what = `%${x?.name} [${dimsOf(x).join(',')}]`;
  if (!x || dimsOf(x)[axis] !== site.from || site.from !== 1)
    return refuse(site, `${what} does not have its samples where the others have`);
  if (site.given.has(x)) return refuse(site, `${what} depends on an input without samples`);
  if (typeof site.to !== 'number')
    return refuse(site, `${what} needs a row for each sample, and a name says no number`);
  return { x, axis };
}
