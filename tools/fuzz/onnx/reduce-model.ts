import { entryOf, type Tensor } from '@ghostc/ir';
import type { Judge, Question, Target, Verdict } from './judge-models.ts';
import type { DraftNode, ModelParts } from './model-draft.ts';
import { corrected } from './own-answers.ts';
import type { RandomModel } from './random-model.ts';

/** The smallest part of the model that still fails on the target: one node, what one value depends on, or all of it. */
export async function reduceModel(
  model: RandomModel,
  target: Verdict['target'],
  judge: Judge,
): Promise<{ part: Question; reason: string } | undefined> {
  const on: readonly Target[] = target === 'read' ? [] : [target];
  for (const part of parts(model)) {
    const [verdicts = []] = await judge.judge([part], on);
    const wrong = verdicts.find((verdict) => verdict.target === target && verdict.status === 'wrong');
    if (wrong) return { part, reason: wrong.reason ?? '' };
  }
  return undefined;
}

/** Smallest first. */
function parts(model: RandomModel): Question[] {
  const single = model.nodes.map((node) => ofNodes(model, [node], node.outputs));
  const ancestors = model.nodes.map((node) => ofNodes(model, needed(model.nodes, node), node.outputs));
  const rest = [...ancestors, withExpected(model, model)];
  return [...single, ...rest.sort((a, b) => a.nodes.length - b.nodes.length)];
}

function needed(nodes: readonly DraftNode[], last: DraftNode): DraftNode[] {
  const wanted = new Set(last.inputs);
  const kept = [last];
  for (const node of nodes.slice(0, nodes.indexOf(last)).reverse())
    if (node.outputs.some((name) => wanted.has(name))) {
      kept.unshift(node);
      for (const name of node.inputs) wanted.add(name);
    }
  return kept;
}

/** A model of some nodes; what others computed is an input. */
function ofNodes(model: RandomModel, nodes: readonly DraftNode[], outputs: readonly string[]): Question {
  const made = new Set(nodes.flatMap((node) => node.outputs));
  const read = new Set(nodes.flatMap((node) => node.inputs).filter((name) => name && !made.has(name)));
  const from = (tensors: ReadonlyMap<string, Tensor>): [string, Tensor][] =>
    [...tensors].filter(([name]) => read.has(name));
  const inputs = new Map([...from(model.inputs), ...from(model.computed)]);
  const initializers = new Map(from(model.initializers));
  return withExpected(model, { opset: model.opset, nodes, inputs, initializers, outputs });
}

export function withExpected({ computed, own }: RandomModel, parts: ModelParts): Question {
  const { opset, nodes, inputs, initializers, outputs } = parts;
  const right = (name: string): Tensor => {
    const [tensor, answer] = [entryOf(computed, name), own.get(name)];
    return answer ? corrected(tensor, answer) : tensor;
  };
  const expected = new Map(outputs.map((name) => [name, right(name)]));
  return { opset, nodes, inputs, initializers, outputs, expected, own };
}
