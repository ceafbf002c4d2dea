import { numElements } from '@ghostc/ir';
import { cType } from '../../c-type.ts';
import type { Kernel } from '../../kernel.ts';
import { loop } from '../../text/loops.ts';
import { input, shapeOf } from '../operands.ts';

/** y[i] = t[x[i]], or interpolated between the entries for 16 bits; may run in place. */
export const lookup: Kernel = {
  emit({ node, pointer }) {
    const [x, table] = [input(node, 0), input(node, 1)];
    const [from, to] = [cType(x.type.dtype), cType(node.output.type.dtype)];
    const count = numElements(shapeOf(x));
    return {
      fn: {
        hint: `lookup_${count}`,
        params: [`const ${from} *x`, `const ${to} *t`, `${to} *y`],
        body: loop('i', count, x.type.dtype === 'i16' ? interpolated(to) : [direct(x.type.dtype)]),
      },
      args: [pointer(x), pointer(table), pointer(node.output)],
    };
  },
};

function direct(dtype: string): string {
  return dtype === 'i8' ? 'y[i] = t[x[i] + 128];' : 'y[i] = t[x[i]];';
}

function interpolated(to: string): string[] {
  return [
    'const int32_t k = 32768 + x[i];',
    'const int32_t base = t[k >> 7];',
    'const int32_t step = (t[(k >> 7) + 1] - base) * (k & 127) + 64;',
    `y[i] = (${to})(base + (step >> 7));`,
  ];
}
