import { entryOf, itemAt, type Tensor } from '@ghostc/ir';
import type { OrtProcess } from '../../conformance/peers/ort-process.ts';
import { Random } from '../random.ts';
import { styles } from './draw-values.ts';
import { type DraftNode, ModelDraft, type ModelParts, modelBytes } from './model-draft.ts';
import { opDraws } from './op-draws.ts';
import { isClosed, type OwnAnswer, ownAnswers } from './own-answers.ts';

/** Opsets of the models. */
const OPSETS = { first: 7, last: 22 } as const;

/** A model that ONNX Runtime computes, with what it computes. */
export interface RandomModel extends ModelParts {
  /** What it was drawn from: the same again with the same op. */
  readonly seed: number;
  /** The op of a single node, or the first of a graph. */
  readonly op: string;
  /** Every value of the model in ONNX Runtime without optimisation. */
  readonly computed: ReadonlyMap<string, Tensor>;
  /** Where its answer is its own. */
  readonly own: ReadonlyMap<string, OwnAnswer>;
}

/** ONNX Runtime has no kernel for it, or reports that it is invalid. */
export interface Rejected {
  readonly op: string;
  readonly rejected: string;
}

/** Model `seed`: three in five have one node of `op`, others two to eight of any. */
export async function randomModel(
  seed: number,
  op: string,
  ort: OrtProcess,
): Promise<RandomModel | Rejected> {
  const random = new Random(seed);
  const { since, until = OPSETS.last } = opDraws.get(op) ?? { since: OPSETS.first };
  const first = Math.max(since, OPSETS.first);
  const opset = first + random.below(Math.max(1, until - first + 1));
  const draft = new ModelDraft(random, opset, random.pick(styles));
  const rejected = await grow(draft, op, ort);
  if (rejected !== undefined) return { op, rejected };
  const wanted = random.below(5) < 3 ? 1 : 2 + random.below(7);
  for (let tries = 0; draft.nodes.length < wanted && tries < 2 * wanted; tries++)
    await grow(draft, random.pick(available(opset)), ort);
  return { ...draft, outputs: draft.sinks(), seed, op };
}

function available(opset: number): string[] {
  return [...opDraws].flatMap(([name, { since, until = Infinity }]) =>
    since <= opset && opset <= until ? [name] : [],
  );
}

/** One more node, or why ONNX Runtime does not accept it. */
async function grow(draft: ModelDraft, op: string, ort: OrtProcess): Promise<string | undefined> {
  const undo = draft.mark();
  opDraws.get(op)?.draw(draft);
  const outputs = draft.nodes.flatMap(({ outputs: made }) => made);
  const model = modelBytes({ ...draft, outputs });
  const reply = await ort.run({ model, inputs: [[...draft.inputs]] });
  if ('error' in reply) {
    undo();
    return reply.error;
  }
  outputs.forEach((name, i) => draft.computed.set(name, reply.outputs[0]?.[i] as Tensor));
  await settle(draft, itemAt(draft.nodes, -1), ort);
  return undefined;
}

/** Puts right what is ONNX Runtime's own in the outputs of the last node, and closes it to others. */
async function settle(draft: ModelDraft, node: DraftNode, ort: OrtProcess): Promise<void> {
  const own = await ownAnswers(draft, node, ort);
  for (const [name, answer] of own) draft.own.set(name, answer);
  for (const name of node.outputs) {
    const tensor = entryOf(draft.computed, name);
    if (isClosed(node, tensor, own.get(name))) draft.closed.add(name);
  }
}
