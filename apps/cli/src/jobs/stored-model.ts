import { buildFromSpec, isModelSpec } from '@ghostc/ghostnet';
import { CompileError, type Graph, parseGraph, printGraph, type Tensor, verify } from '@ghostc/ir';
import { type Store, sha256 } from '@ghostc/jobs';
import { registry } from '@ghostc/ops';
import { readSafetensors, writeSafetensors } from '@ghostc/safetensors';
import type { Check } from '../checked-fields.ts';

export const isHash: Check = {
  ok: (v) => typeof v === 'string' && /^[0-9a-f]{64}$/.test(v),
  expected: 'a hash',
};

/** A model of a job. */
export interface StoredModel {
  /** A spec such as `ghostnet:0.5@96/10,ratio=3`, or the hash of a model's text. */
  readonly model: string;
  /** Hash of a state dict of the spec, or of the text's constants; null: weights made from the seed. */
  readonly weights: string | null;
}

type NamedModel = StoredModel & { readonly seed: number };

/** Puts a model into the store, as text and constants; gives their hashes. */
export async function storeModel(graph: Graph, store: Store): Promise<StoredModel> {
  const { text, resources } = printGraph(graph, registry);
  const model = await storeBytes(new TextEncoder().encode(text), store);
  return { model, weights: await storeBytes(writeSafetensors(resources), store) };
}

/** Puts bytes into the store under their hash, which it gives. */
export async function storeBytes(bytes: Uint8Array, store: Store): Promise<string> {
  const hash = sha256(bytes);
  if (!(await store.get(hash))) await store.put(hash, bytes);
  return hash;
}

/** The model of a point. Throws `jobs/store` where the store has not what the point names, or what the builder throws. */
export async function modelOf({ model, weights, seed }: NamedModel, store: Store): Promise<Graph> {
  const state = weights === null ? undefined : await storedTensors(weights, store);
  if (isModelSpec(model)) return buildFromSpec(model, state ? { stateDict: state } : { seed });
  const text = new TextDecoder().decode(await storedBytes(model, store));
  const graph = parseGraph(text, { registry, resources: state ?? new Map() });
  verify(graph, registry);
  return graph;
}

async function storedTensors(hash: string, store: Store): Promise<Map<string, Tensor>> {
  return new Map(readSafetensors(await storedBytes(hash, store), { file: hash }));
}

/** Throws `jobs/store` where the store does not have what the hash names. */
export async function storedBytes(hash: string, store: Store): Promise<Uint8Array> {
  const bytes = await store.get(hash);
  if (bytes && sha256(bytes) === hash) return bytes;
  const found = bytes ? 'other bytes' : 'nothing';
  throw new CompileError(
    'jobs/store',
    `expected a file of the hash ${hash} in ${store.place}, found ${found}`,
  );
}
