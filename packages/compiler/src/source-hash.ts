import { canonicalJson, type Graph, isUniform, printGraph, toBytes } from '@ghostc/ir';
import { registry } from '@ghostc/ops';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';

/** Options by name; undefined ones count as absent. */
type HashedOptions = Readonly<Record<string, unknown>>;

/**
 * A large constant whose elements are all equal is hashed as one element, since a small file may declare a
 * huge one.
 */
const LARGE = 2 ** 20;

/**
 * SHA-256, in hex, of a model (its text form and the bytes of its constants) and of its compile options:
 * equal hashes, equal outputs.
 */
export function sourceHash(model: Graph, options: HashedOptions = {}): string {
  const { text, resources } = printGraph(model, registry);
  const hash = sha256.create();
  const add = (part: string): unknown => hash.update(new TextEncoder().encode(`${part}\0`));
  add(text);
  for (const [name, { dtype, shape, data }] of resources) {
    const fill = data.byteLength > LARGE && isUniform(data);
    add(`${JSON.stringify(name)} ${fill ? 'all ' : ''}${dtype}[${shape.join(',')}]`);
    hash.update(toBytes(fill ? data.subarray(0, 1) : data));
  }
  add(canonicalJson(options));
  return bytesToHex(hash.digest());
}
