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

/** A node on its way to another batch size. */
export interface Site {
  readonly node: Node;
  /** Of each input, null where it holds no samples: the same for all. */
  readonly inputs: readonly (Samples | null)[];
  /** Attributes with defaults filled in. */
  readonly attrs: Readonly<Record<string, unknown>>;
  /** What depends on an input of the graph. */
  readonly given: ReadonlySet<Value>;
  /** The old size of the batch and the new one. */
  readonly from: number;
  readonly to: Dim;
}

/** An input that holds the same for all samples, and needs a row for each along `axis`. */
export interface Repeated {
  readonly x: Value;
  readonly axis: number;
}

/** Where the samples of a node's outputs lie, of all or of each, and what has to change for that. */
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

/** The samples of the first input; refused where another input holds some. */
export function onlyFirst(site: Site): Samples {
  const [first, ...others] = site.inputs;
  const at = others.findIndex(Boolean) + 1;
  if (at > 0) refuse(site, `%${site.node.inputs[at]?.name} depends on the batch`);
  return first as Samples;
}

/** Throws where an axis that the node mixes is the samples'. */
export function keepsApart(site: Site, axis: number, samples: Samples): void {
  const rank = dimsOf(site.node.inputs[0]).length;
  if (normalAxis(axis, rank) === samples.axis)
    refuse(site, `it mixes the samples, which lie along axis ${samples.axis}`);
}

/** An input without samples that gets a row for each of them; refused where it has several, or is another input of the graph. */
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
