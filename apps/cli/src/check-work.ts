import { attempt, CompileError, isFilled, isStatic, numElements, withLocation } from '@ghostc/ir';
import { nodeWork, withSizesOfOne } from '@ghostc/ops';
import { Option } from 'commander';
import type { LoadedModel } from './load-model.ts';

/** Files from this size on hold enough to be worth whatever they take. */
const SMALL_FILE = 2 ** 20;

/** From this size on a file has weights, as real models do: it may ask for twice as much. */
const WEIGHTED_FILE = 2 ** 17;

/**
 * What a small file may ask for: elements of inputs, outputs, values and fills where they are read (half of it in many runs), and steps
 * of all runs (`nodeWork`, and what it takes to compile and to dispatch a node).
 */
const MAX_MADE = 2 ** 25;
const MAX_STEPS = 2 ** 31;
const NODE_STEPS = 2 ** 16;

/** What is drawn, kept and compared counts as more than what is only computed, where it is more than one run. */
const END = 4;

/** How often a model is interpreted: for some data sets, each with some noisy runs; to calibrate and correct it, or to tune it. */
export const MANY_RUNS = 16;
export const CALIBRATION_RUNS = 8;

interface WorkOptions {
  readonly anyWork?: boolean;
}

/** `--any-work` of the commands that run a model. */
export function anyWorkOption(): Option {
  return new Option('--any-work', 'run files under 1 MB however much they compute');
}

/** Throws `run/work` before a small file that needs much work is run; `anyWork` allows it. */
export function checkWork(
  { graph, bytes }: Pick<LoadedModel, 'graph' | 'bytes'>,
  { anyWork }: WorkOptions = {},
  runs = 1,
): void {
  if (anyWork || bytes >= SMALL_FILE) return;
  const share = bytes < WEIGHTED_FILE ? 1 : 2;
  const mostMade = (share * MAX_MADE) / (runs > 1 ? 2 : 1);
  const mostSteps = (share * MAX_STEPS) / runs;
  // as seeded inputs size it
  const sized = attempt(() => withSizesOfOne(graph)) ?? graph;
  let made = 0;
  let steps = 0;
  const outputs = sized.outputs.map(({ name, value: { type } }) => ({ name, type }));
  const ends = runs > 1 ? [...sized.inputs, ...outputs] : sized.inputs;
  for (const { name, type } of ends)
    withLocation({ node: name }, () => {
      if (type.shape.every(isStatic)) made += (runs > 1 ? END : 1) * numElements(type.shape);
      check(made, mostMade, 'elements of inputs and values');
    });
  for (const node of sized.nodes())
    withLocation({ node: node.origin[0], op: node.op }, () => {
      const values = [...node.inputs, ...node.outputs].flatMap((value) => value ?? []);
      if (!values.every(({ type }) => type.shape.every(isStatic))) return;
      const fills = node.inputs.filter((value) => value?.constant && isFilled(value.constant));
      for (const value of [...node.outputs, ...fills]) made += value ? numElements(value.type.shape) : 0;
      steps += NODE_STEPS + nodeWork(node);
      check(made, mostMade, 'elements of inputs and values');
      check(steps, mostSteps, 'steps');
    });
}

function check(found: number, most: number, what: string): void {
  if (found <= most) return;
  throw new CompileError(
    'run/work',
    `a file of this size may have at most ${most} ${what} here, found ${found} and more; --any-work runs it all the same`,
  );
}
