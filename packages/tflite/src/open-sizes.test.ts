import { printGraph, verify } from '@ghostc/ir';
import { registry } from '@ghostc/ops';
import { describe, expect, test } from 'vitest';
import { encodeTflite, type TensorSpec } from './encode-model.ts';
import { readTflite } from './read-tflite.ts';
import type { OperatorCase } from './testing/operator-case.ts';
import { operatorCases } from './testing/operator-cases.ts';

/** Operators that move axes: the size that is open at an input is open at another axis of the result. */
const moving = new Set(['gather/axis-1', 'transpose', 'batch-to-space/int8-rank-3']);

interface Opened {
  readonly model: Uint8Array;
  readonly bind: ReadonlyMap<string, number>;
}

/** The model with an axis of its inputs and results open, and declared as 1. */
function opened({ name, spec }: OperatorCase, axis: number): Opened {
  const bind = new Map<string, number>();
  const open = (tensor: TensorSpec, axes: readonly number[]): TensorSpec => ({
    ...tensor,
    open: axes,
    shape: tensor.shape.map((size, i) => (axes.includes(i) ? 1 : size)),
  });
  const ranks = spec.inputs.map((i) => spec.tensors[i]?.shape.length);
  const tensors = spec.tensors.map((tensor, i) => {
    const rank = tensor.shape.length;
    if (tensor.data || tensor.variable || rank === 0) return tensor;
    const at = ranks.includes(rank) ? Math.min(axis, rank - 1) : 0;
    if (spec.inputs.includes(i)) bind.set(`${tensor.name}_${at}`, tensor.shape[at] ?? 1);
    else if (moving.has(name)) return open(tensor, [...tensor.shape.keys()]);
    return open(tensor, [at]);
  });
  return { model: encodeTflite({ ...spec, tensors }), bind };
}

function textOf({ model, bind }: { model: Uint8Array; bind?: ReadonlyMap<string, number> }): string {
  const graph = readTflite(model, { bind });
  verify(graph, registry);
  return printGraph(graph).text;
}

describe('sizes that the signature leaves open', () => {
  test.for([0, 1, 2, 3])('every operator with axis %i open gives the graph of the fixed one', (axis) => {
    for (const one of operatorCases)
      expect(textOf(opened(one, axis)), one.name).toBe(textOf({ model: encodeTflite(one.spec) }));
  });

  const tensors: TensorSpec[] = [
    { name: 'x:0', shape: [1, 1, 6], open: [0, 1], type: 'FLOAT32' },
    { name: 'y', shape: [1, 1, 6, 1], open: [0, 1], type: 'FLOAT32' },
    { name: 'z', shape: [1, 6], open: [0], type: 'FLOAT32' },
  ];
  const model = encodeTflite({
    tensors,
    operators: [
      { code: 'EXPAND_DIMS', inputs: [0], outputs: [1] },
      { code: 'RESHAPE', inputs: [1], outputs: [2] },
    ],
    inputs: [0],
    outputs: [2],
  });

  test('several follow from those of the input, the last from the count', () => {
    const text = textOf({
      model,
      bind: new Map([
        ['x_0_0', 2],
        ['x_0_1', 5],
      ]),
    });
    expect(text).toContain('f32[2,5,6,1]');
    expect(text).toContain('f32[10,6]');
  });

  test('are 1 unless given, and have the names that an error tells', () => {
    expect(textOf({ model })).toContain('f32[1,6]');
    const wrong = () => readTflite(model, { bind: new Map([['x', 2]]) });
    expect(wrong).toThrow(/there is no dimension x; the inputs have x_0_0, x_0_1/);
  });
});
