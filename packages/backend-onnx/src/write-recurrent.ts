import { CompileError, toNumbers, type Value } from '@ghostc/ir';
import { recurrent } from '@ghostc/ops';
import type { NodeWriter } from './node-writer.ts';

const usual: Readonly<Record<string, readonly string[]>> = {
  lstm: ['sigmoid', 'tanh', 'tanh'],
  gru: ['sigmoid', 'tanh'],
  rnn: ['tanh'],
};

const names: Readonly<Record<string, string>> = {
  hard_sigmoid: 'HardSigmoid',
  relu: 'Relu',
  sigmoid: 'Sigmoid',
  tanh: 'Tanh',
};

/** LSTM, GRU or RNN. Zeros are what an absent bias or state means. */
export function writeRecurrent(writer: NodeWriter): void {
  const { cell, direction, functions, linear_before_reset, cell_clip } = writer.attrs(recurrent);
  if (cell_clip > 0)
    throw new CompileError('onnx/write', `an LSTM whose cells are clipped at ${cell_clip} has no ONNX form`);
  const given = (index: number): string => (isZero(writer.value(index)) ? '' : writer.input(index));
  const inputs = [0, 1, 2].map((i) => writer.input(i));
  const states = writer.node.inputs.slice(4).map((_, i) => given(i + 4));
  const all = [...inputs, given(3), '', ...states];
  while (all.at(-1) === '') all.pop();
  const directions = direction === 'bidirectional' ? 2 : 1;
  const own = functions.join() !== usual[cell]?.join();
  writer.all(cell.toUpperCase(), all, {
    direction,
    hidden_size: Number(writer.value(2).type.shape[2]),
    ...(linear_before_reset && { linear_before_reset: 1 }),
    ...(own && {
      activations: Array.from({ length: directions }, () =>
        functions.map((name) => names[name] ?? name),
      ).flat(),
    }),
  });
}

function isZero({ constant }: Value): boolean {
  return constant !== null && constant !== undefined && Array.from(toNumbers(constant)).every((x) => x === 0);
}
