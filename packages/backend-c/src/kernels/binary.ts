import { type Activation, type OpsWith, opsWith } from '@ghostc/ops';
import { activated, activateRegister, activationOf } from '../activation-text.ts';
import { arithmeticOf } from '../arithmetic.ts';
import { binaryFormulas } from '../elementwise-formulas.ts';
import type { Emit } from '../kernel.ts';
import { vectorLanes } from '../lanes.ts';
import { activationNeeds } from '../register-formulas.ts';
import { affine, broadcastStrides, collapse, nest, type Walk } from '../text/loops.ts';
import { input, shapeOf } from './operands.ts';

const single = arithmeticOf('f32');

/** Their formulas hold for registers, too. */
const onRegisters: ReadonlySet<string> = new Set(['add', 'mul', 'sub']);

/** y = act(f(a, b)) with broadcasting: loops over the fewest axes that do; may run in place. */
function binary(op: OpsWith<'binary'>): Emit {
  return ({ node, pointer, lanes }) => {
    const [a, b] = [input(node, 0), input(node, 1)];
    const act = activationOf(node);
    const shape = shapeOf(node.output);
    const strides = [shape, shapeOf(a), shapeOf(b)].map((from) => broadcastStrides(from, shape));
    const walk = collapse({ dims: shape, strides });
    const [y = [], left = [], right = []] = walk.strides;
    const body = (index: readonly string[]): string[] => [
      `const float p = a[${affine(index, left)}];`,
      `const float q = b[${affine(index, right)}];`,
      `const float v = ${binaryFormulas[op](single, 'p', 'q')};`,
      `y[${affine(index, y)}] = ${activated(act, 'v')};`,
    ];
    const registers = lanes.vector && onRegisters.has(op) && (walk.dims.at(-1) ?? 1) >= vectorLanes.most;
    return {
      fn: {
        hint: `${op}_${walk.dims.join('x') || '1'}`,
        params: ['const float *a', 'const float *b', 'float *y'],
        body: registers ? alongRows(walk, { op, act, rest: body }) : nest(walk.dims, body),
        needs: registers ? activationNeeds(act) : [],
      },
      args: [pointer(a), pointer(b), pointer(node.output)],
    };
  };
}

interface RowText {
  readonly op: OpsWith<'binary'>;
  readonly act: Activation;
  /** One element, for what no register holds at the end of a row. */
  readonly rest: (index: readonly string[]) => string[];
}

/** Registers along the last axis, on which an operand goes on or is one element. */
function alongRows({ dims, strides }: Walk, { op, act, rest }: RowText): string[] {
  const count = dims.at(-1) ?? 1;
  return nest(dims.slice(0, -1), (outer) => {
    const [y = '', ...from] = strides.map((list) => affine([...outer, 'i'], list));
    const register = (array: 'a' | 'b', k: 0 | 1): string =>
      strides[k + 1]?.at(-1) === 0 ? `SPLAT(${array}[${from[k]}])` : `LOAD(${array} + ${from[k]})`;
    const whole = count % vectorLanes.most === 0;
    return [
      'int i = 0;',
      `for (; i + LANES <= ${count}; i += LANES) {`,
      `const vecf p = ${register('a', 0)};`,
      `const vecf q = ${register('b', 1)};`,
      `vecf t = ${binaryFormulas[op](single, 'p', 'q')};`,
      ...activateRegister(act, 't'),
      `STORE(y + ${y}, t);`,
      '}',
      ...(whole ? [] : [`for (; i < ${count}; i++) {`, ...rest([...outer, 'i']), '}']),
    ];
  });
}

export const binaryKernels = Object.fromEntries(opsWith('binary').map((op) => [op, binary(op)])) as {
  readonly [K in OpsWith<'binary'>]: Emit;
};
