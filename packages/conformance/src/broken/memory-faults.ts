import { entryOf, itemAt } from '@ghostc/ir';
import type { Rows } from './broken-runtime.ts';
import { type Call, type Fault, mapped } from './broken-runtime.ts';

const inPlace =
  (reads: (call: Call) => boolean): Fault =>
  (call) => {
    const [source] = call.node.inputs;
    const result = call.run();
    const [y] = result;
    if (
      source &&
      y &&
      reads(call) &&
      y.shape.join() === call.inputs[0]?.shape.join() &&
      y.dtype === call.inputs[0]?.dtype
    )
      call.memory.set(source, y);
    return result;
  };

const unaries = 'neg|abs|exp|relu|sigmoid|sqrt|floor';
export const memoryRows: Rows = [
  [
    'works in place over what is read later',
    unaries,
    inPlace(({ node }) => !node.inputs[0]?.constant && node.inputs[0]?.producer != null),
  ],
  [
    'works in place over an input of the model',
    unaries,
    inPlace(({ node }) => node.inputs[0]?.producer == null),
  ],
  ['convolution in place over what is read later', 'depthwise_conv2d', inPlace(() => true)],
  ['sum in place over what is read later', 'add|sub|mul', inPlace(() => true)],
  [
    'second reader of a fork gets what was there before',
    unaries,
    (call) => {
      const [value] = call.node.inputs;
      const older = value?.producer?.inputs[0];
      const stale = older && call.memory.get(older);
      const first = value && [...value.users][0];
      return stale &&
        value &&
        value.users.size > 1 &&
        first !== call.node &&
        stale.shape.join() === call.inputs[0]?.shape.join()
        ? call.run({ inputs: [stale] })
        : undefined;
    },
  ],
  [
    'an output that is read inside is 0',
    unaries,
    (call) => {
      const result = call.run();
      const { output: value } = call.node;
      return value.users.size > 0 && isReturned(call) ? result.map((y) => mapped(y, () => 0)) : undefined;
    },
  ],
  [
    'concat moves its parts away',
    'concat',
    (call) => {
      const result = call.run();
      for (const value of call.node.inputs)
        if (value && value.users.size > 1)
          call.memory.set(
            value,
            mapped(entryOf(call.memory, value), () => 0),
          );
      return result;
    },
  ],
  [
    'a view shares memory with what overwrites it',
    'reshape',
    (call) => {
      const [source] = call.node.inputs;
      const [y] = call.run();
      if (source && y && source.users.size > 1 && source.producer)
        call.memory.set(
          source,
          mapped(itemAt(call.inputs, 0), (v) => -v),
        );
      return y && [y];
    },
  ],
  [
    'transposes around a node cancelled, the output between them too',
    'transpose',
    (call) =>
      isReturned(call) && call.node.output.users.size > 0
        ? call.run().map((y) => ({ ...y, data: itemAt(call.inputs, 0).data }))
        : undefined,
  ],
];

/** Whether the value is an output of the model: no reader needs it at the end. */
function isReturned({ node }: Call): boolean {
  let last = node;
  while (last.next) last = last.next;
  return ['a', 'y', 't'].includes(node.output.name) && node !== last;
}
