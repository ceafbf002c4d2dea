import { itemAt } from '@ghostc/ir';

/**
 * For one direction and one sequence: weights [G H,I], [G H,H], bias [2 G H], and the states, which a step
 * replaces.
 */
export interface CellInputs {
  readonly w: ArrayLike<number>;
  readonly r: ArrayLike<number>;
  readonly b: ArrayLike<number>;
  readonly h: Float64Array;
  readonly c: Float64Array;
}

type Act = (x: number) => number;

export interface CellStep extends CellInputs {
  readonly acts: readonly Act[];
  readonly linearBeforeReset: boolean;
  /** Largest |c| after a step. */
  readonly limit: number;
}

type Step = (cell: CellStep, x: ArrayLike<number>) => void;

interface Cell {
  readonly gates: number;
  /** The default functions. */
  readonly functions: readonly string[];
  readonly step: Step;
}

/** A kind of recurrent cell. */
export type RecurrentCell = 'lstm' | 'gru' | 'rnn';

/** The cells, as ONNX defines them. */
export const recurrentCells: Readonly<Record<RecurrentCell, Cell>> = {
  lstm: { gates: 4, functions: ['sigmoid', 'tanh', 'tanh'], step: stepLstm },
  gru: { gates: 3, functions: ['sigmoid', 'tanh'], step: stepGru },
  rnn: { gates: 1, functions: ['tanh'], step: stepRnn },
};

/** i, o, f = F(.), c' = G(.); c = f c + i c', h = o H(c). */
function stepLstm({ acts, limit, ...cell }: CellStep, x: ArrayLike<number>): void {
  const [f, g, h] = [itemAt(acts, 0), itemAt(acts, 1), itemAt(acts, 2)];
  const next = cell.h.map((_, j) => {
    const gate = (gate: number): number => gateSum(cell, x, { gate, j });
    const [input, output, forget, fresh] = [gate(0), gate(1), gate(2), gate(3)];
    const whole = f(forget) * (cell.c[j] ?? 0) + f(input) * g(fresh);
    const c = Math.min(Math.max(whole, -limit), limit);
    cell.c[j] = c;
    return f(output) * h(c);
  });
  cell.h.set(next);
}

/** z, r = F(.), h' = G(x part + r (h part)) or G(x part + (r h) part); h = (1 - z) h' + z h. */
function stepGru({ acts, linearBeforeReset, ...cell }: CellStep, x: ArrayLike<number>): void {
  const [f, g] = [itemAt(acts, 0), itemAt(acts, 1)];
  const reset = cell.h.map((_, j) => f(gateSum(cell, x, { gate: 1, j })));
  const kept = linearBeforeReset ? cell.h : cell.h.map((h, j) => h * (reset[j] ?? 0));
  const next = cell.h.map((h, j) => {
    const z = f(gateSum(cell, x, { gate: 0, j }));
    const state = statePart({ ...cell, h: kept }, { gate: 2, j });
    const fresh = g(inputPart(cell, x, { gate: 2, j }) + (linearBeforeReset ? (reset[j] ?? 0) : 1) * state);
    return (1 - z) * fresh + z * h;
  });
  cell.h.set(next);
}

/** h = F(.). */
function stepRnn({ acts, ...cell }: CellStep, x: ArrayLike<number>): void {
  const f = itemAt(acts, 0);
  cell.h.set(cell.h.map((_, j) => f(gateSum(cell, x, { gate: 0, j }))));
}

interface Row {
  readonly gate: number;
  readonly j: number;
}

function gateSum(cell: CellInputs, x: ArrayLike<number>, row: Row): number {
  return inputPart(cell, x, row) + statePart(cell, row);
}

/** w x + its bias. */
function inputPart({ w, b, h }: CellInputs, x: ArrayLike<number>, { gate, j }: Row): number {
  const row = gate * h.length + j;
  return dot(w, row, x) + Number(b[row]);
}

/** r h + its bias. */
function statePart({ r, b, h }: CellInputs, { gate, j }: Row): number {
  const row = gate * h.length + j;
  return dot(r, row, h) + Number(b[b.length / 2 + row]);
}

function dot(matrix: ArrayLike<number>, row: number, x: ArrayLike<number>): number {
  let sum = 0;
  for (let k = 0; k < x.length; k++) sum += (matrix[row * x.length + k] ?? 0) * (x[k] ?? 0);
  return sum;
}
