import { buildFromSpec, isModelSpec } from '@ghostc/ghostnet';
import { type Graph, parseGraph, printGraph, type Tensor, verify } from '@ghostc/ir';
import { type Store, storeBytes, storedBytes } from '@ghostc/jobs';
import { registry } from '@ghostc/ops';
import { readSafetensors, writeSafetensors } from '@ghostc/safetensors';

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
