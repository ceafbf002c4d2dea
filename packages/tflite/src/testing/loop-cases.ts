import type { SubgraphSpec, TensorSpec } from '../encode-model.ts';
import { add, concatenation, gather, NONE, whileDo } from '../operator-options.ts';
import { type Line, subgraph } from './branch-cases.ts';
import { float, floatConstant, integers, type OperatorCase } from './operator-case.ts';

const STEPS = 5;

const whole = (size: number): TensorSpec => ({ ...float(size), type: 'INT32' });
const state = (): TensorSpec => float(1, 2);
const list = (): TensorSpec => float(STEPS, 2);
/** As many rows as there were steps, or are to come. */
const part = (): TensorSpec => ({ ...float(1, 2), open: [0] });

/** Whether the counter is below the number of steps. */
function below(): SubgraphSpec {
  const [i, s, y, x] = [whole(1), state(), list(), list()];
  const c: TensorSpec = { ...float(1), type: 'BOOL' };
  return subgraph([['LESS', [i, integers([STEPS])], [c]]], [i, s, y, x], [c]);
}

/** s' = w s + x[i], and row i of the list y becomes s'. */
function step(): SubgraphSpec {
  const [i, s, y, x] = [whole(1), state(), list(), list()];
  const [next, size, start] = [whole(1), whole(2), whole(2)];
  const [row, scaled, sum] = [state(), state(), state()];
  const [before, after, grown] = [part(), part(), list()];
  const lines: Line[] = [
    ['ADD', [i, integers([1])], [next], add(NONE)],
    ['GATHER', [x, i], [row], gather(0)],
    ['MUL', [s, floatConstant(7, 1, 2)], [scaled]],
    ['ADD', [scaled, row], [sum], add(NONE)],
    ['CONCATENATION', [i, integers([-1])], [size], concatenation(0)],
    ['SLICE', [y, integers([0, 0]), size], [before]],
    ['CONCATENATION', [next, integers([0])], [start], concatenation(0)],
    ['SLICE', [y, start, integers([-1, -1])], [after]],
    ['CONCATENATION', [before, sum, after], [grown], concatenation(0)],
  ];
  return subgraph(lines, [i, s, y, x], [next, sum, grown, x]);
}

/** WHILE as Keras writes its recurrent layers. */
function looped(): OperatorCase {
  const [x, i, s, y, last] = [list(), whole(1), state(), list(), list()];
  const first = [integers([0]), floatConstant(3, 1, 2), floatConstant(4, STEPS, 2), x];
  const main = subgraph([['WHILE', first, [i, s, y, last], whileDo(1, 2)]], [x], [s, y]);
  return { name: 'while', spec: { ...main, branches: [below(), step()] } };
}

export const loopCases: readonly OperatorCase[] = [looped()];
