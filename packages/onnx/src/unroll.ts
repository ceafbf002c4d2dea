import { CompileError, isStatic, itemAt, type Value } from '@ghostc/ir';
import type { NodeReader } from './node-reader.ts';
import type { GraphProto } from './onnx-types.ts';
import { type Entry, entryValue, type ReadState, readInitializers, shapeOfEntry } from './read-state.ts';
import { Scope } from './scope.ts';
import type { Unfolded } from './unfold.ts';

/** A Loop or Scan whose number of rounds is known: its body is read once for each. */
interface Rounds {
  readonly node: NodeReader;
  /** Outside of the body. */
  readonly state: ReadState;
  readonly body: GraphProto;
  /** The body's own constants, which all rounds share. */
  readonly scope: Scope;
  readonly most: number;
  /** The values that a round hands to the next, at first those from outside. */
  readonly carried: readonly Entry[];
  /** The other inputs of the body in round k, by their places. */
  readonly others: (k: number) => ReadonlyMap<number, Entry>;
  /** Place of the first carried value among the inputs and the outputs of the body. */
  readonly first: { readonly input: number; readonly output: number };
  /** Results of each round that are stacked along an axis, [axis, whether the last comes first]. */
  readonly stack: (i: number) => { readonly axis: number; readonly backward: boolean };
}

/** The rounds of a Loop or a Scan, one after the other. */
export function unrolled(node: NodeReader, state: ReadState): Unfolded | undefined {
  const body = node.attributes.get('body')?.g;
  if (!body) throw new CompileError('onnx/attribute', `${node.op} expects a graph body`);
  const scope = new Scope(state.entries);
  readInitializers(body, { ...state, entries: scope });
  const form = node.op === 'Loop' ? loopForm(node) : scanForm(node);
  checkBody(node, body, form);
  return round({ node, state, body, scope, ...form }, { k: 0, going: startsTrue(node), stacks: [] });
}

type Form = Pick<Rounds, 'most' | 'carried' | 'others' | 'first' | 'stack'> & {
  /** Inputs that the body has to have. */
  readonly inputs: number;
};

function checkBody(node: NodeReader, body: GraphProto, { inputs, carried, first }: Form): void {
  const [given = 0, results = 0] = [body.input?.length, body.output?.length];
  const least = first.output + carried.length;
  if (given !== inputs || results < least)
    throw new CompileError(
      'onnx/input',
      `the body of ${node.op} expects ${inputs} inputs and ${least} results or more, found ${given} and ${results}`,
    );
}

/** Inputs: the trip count, the condition, what is carried. */
function loopForm(node: NodeReader): Form {
  const most = node.has(0) ? node.bounds(0, 'the trip count')?.[0] : undefined;
  const all = Array.from({ length: node.inputCount }, (_, i) => i);
  return {
    most: most ?? Infinity,
    inputs: Math.max(2, node.inputCount),
    carried: all.slice(2).map((i) => node.entry(i)),
    others: (k) =>
      new Map([
        [0, { shape: { elements: [k], scalar: true, dtype: 'i64' } }],
        [1, { shape: { elements: [1], scalar: true, dtype: 'bool' } }],
      ]),
    first: { input: 2, output: 1 },
    stack: () => ({ axis: 0, backward: false }),
  };
}

function startsTrue(node: NodeReader): boolean {
  if (node.op === 'Scan' || !node.has(1)) return true;
  return node.numbers(1, 'the first condition')[0] !== 0;
}

/** Inputs: what is carried, then sequences; a round gets an element of each. */
function scanForm(node: NodeReader): Form {
  if (node.opset < 9) throw new CompileError('onnx/unsupported', 'Scan before opset 9 is not supported');
  const sequences = node.int('num_scan_inputs', 0);
  const states = node.inputCount - sequences;
  if (sequences < 1 || states < 0)
    throw new CompileError(
      'onnx/attribute',
      `num_scan_inputs expects 1 to ${node.inputCount}, found ${sequences}`,
    );
  const axes = node.ints('scan_input_axes') ?? [];
  const backward = node.ints('scan_input_directions') ?? [];
  const axisOf = (i: number): number => {
    const rank = node.input(states + i).type.shape.length;
    const axis = axes[i] ?? 0;
    return axis < 0 ? axis + rank : axis;
  };
  const length = (i: number): number => {
    const size = node.input(states + i).type.shape[axisOf(i)] ?? 0;
    if (!isStatic(size)) throw node.needsSizes([size]);
    return size;
  };
  const most = length(0);
  const element = (i: number, k: number): Entry => ({
    value: elementOf(node, node.input(states + i), { axis: axisOf(i), k: backward[i] ? most - 1 - k : k }),
  });
  const stackAxes = node.ints('scan_output_axes') ?? [];
  const stackBackward = node.ints('scan_output_directions') ?? [];
  return {
    most,
    inputs: node.inputCount,
    carried: Array.from({ length: states }, (_, i) => node.entry(i)),
    others: (k) => new Map(Array.from({ length: sequences }, (_, i) => [states + i, element(i, k)])),
    first: { input: 0, output: 0 },
    stack: (i) => ({ axis: stackAxes[i] ?? 0, backward: stackBackward[i] === 1 }),
  };
}

function elementOf(node: NodeReader, x: Value, { axis, k }: { axis: number; k: number }): Value {
  const slice = node.emit('slice', [x], { axes: [axis], starts: [k], ends: [k + 1] });
  return node.emit('reshape', [slice], { shape: slice.type.shape.filter((_, a) => a !== axis).map(Number) });
}

interface Progress {
  readonly k: number;
  readonly going: boolean;
  /** What the rounds so far gave for each stacked result; each round adds to it. */
  readonly stacks: Value[][];
}

/** Round k, then the others; after the last, the results. */
function round(rounds: Rounds, { k, going, stacks }: Progress): Unfolded | undefined {
  const { node, body, carried, first } = rounds;
  if (!going || k >= rounds.most) {
    setResults(rounds, stacks);
    return undefined;
  }
  const entries = new Scope(rounds.scope);
  const others = rounds.others(k);
  (body.input ?? []).forEach(({ name = '' }, i) => {
    entries.set(name, others.get(i) ?? itemAt(carried, i - first.input));
  });
  const state = { ...rounds.state, entries };
  const outputs = (body.output ?? []).map((output) => output.name ?? '');
  const finish = (): Unfolded | undefined => {
    const results = outputs.map((name) => resultOf(node, state, name));
    const next = results.slice(first.output, first.output + carried.length);
    results.slice(first.output + carried.length).forEach((entry, i) => {
      const stack = stacks[i] ?? [];
      stack.push(entryValue(entry, state));
      stacks[i] = stack;
    });
    return round(
      { ...rounds, carried: next },
      {
        k: k + 1,
        going: first.output === 0 || goesOn(node, state, itemAt(results, 0)),
        stacks,
      },
    );
  };
  return { bodies: [{ nodes: body.node ?? [], outputs, state }], finish };
}

function resultOf(node: NodeReader, { entries }: ReadState, name: string): Entry {
  const entry = entries.get(name);
  if (entry) return entry;
  throw new CompileError('onnx/output', `the body of ${node.op} does not compute ${JSON.stringify(name)}`);
}

function goesOn(node: NodeReader, state: ReadState, condition: Entry): boolean {
  const [known] = shapeOfEntry(condition, state)?.elements ?? [];
  if (typeof known === 'number') return known !== 0;
  throw new CompileError(
    'onnx/data-dependent',
    `the condition of ${node.op} is computed at run time; expected a number of rounds that follows from constants and sizes`,
  );
}

function setResults({ node, state, carried, stack }: Rounds, stacks: Progress['stacks']): void {
  (node.proto.output ?? []).forEach((name, i) => {
    if (!name) return;
    const entry = carried[i];
    const rows = stacks[i - carried.length] ?? [];
    if (!entry && rows.length === 0)
      throw new CompileError('onnx/unsupported', `${node.op} of no rounds has a result of unknown size`);
    state.entries.set(name, entry ?? { value: stacked(node, rows, stack(i - carried.length)) });
  });
}

function stacked(
  node: NodeReader,
  rows: readonly Value[],
  { axis, backward }: { axis: number; backward: boolean },
): Value {
  const parts = rows.map((row) => {
    const shape = row.type.shape.map(Number);
    const at = axis < 0 ? axis + shape.length + 1 : axis;
    return node.emit('reshape', [row], { shape: [...shape.slice(0, at), 1, ...shape.slice(at)] });
  });
  return node.emit('concat', backward ? parts.reverse() : parts, { axis });
}
