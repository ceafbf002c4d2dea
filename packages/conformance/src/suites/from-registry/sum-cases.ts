import { registry } from '@ghostc/ops';
import type { InputValues } from '../../input-values.ts';
import { type Entry, entriesOf, modelText, ofOne, suiteOf } from './model-text.ts';
import { activations } from './window-cases.ts';

/** Rows, K, columns: one more than whole blocks, and all different. */
const sizes: readonly (readonly [number, number, number])[] = [
  [3, 1, 5],
  [5, 7, 3],
  [33, 9, 17],
  [2, 33, 65],
  [9, 65, 33],
  [1, 129, 10],
  [3, 17, 129],
  [1, 5, 1000],
];
const long: readonly (readonly [number, number, number])[] = [
  [3, 960, 5],
  [2, 1000, 7],
  [2, 4096, 3],
];

interface Dense {
  readonly attrs?: string;
  readonly dtype?: string;
  readonly bias?: boolean;
}

const dense = (
  [n, k, m]: readonly number[],
  { attrs = '', dtype = 'f32', bias = true }: Dense = {},
): string =>
  modelText({
    inputs: { x: `${dtype}[${n},${k}]` },
    constants: { w: `${dtype}[${m},${k}] = random(1)`, ...(bias && { b: `${dtype}[${m}] = random(2)` }) },
    nodes: `%y = fully_connected %x, %w, ${bias ? '%b' : '_'} {${attrs}}`,
  });
const product = (a: string, b: string, dtype = 'f32'): string =>
  modelText({ inputs: { a: `${dtype}[${a}]`, b: `${dtype}[${b}]` }, nodes: '%y = matmul %a, %b' });
const gemm = (a: string, b: string, c: string, attrs: string): string =>
  modelText({
    inputs: { a: `f32[${a}]`, b: `f32[${b}]`, c: `f32[${c}]` },
    nodes: `%y = gemm %a, %b, %c {${attrs}}`,
  });

const sized = (list: typeof sizes, make: (size: readonly number[]) => string): Record<string, string> =>
  Object.fromEntries(list.map((size) => [size.join('x'), make(size)]));

function under(prefix: string, entries: readonly Entry[]): Entry[] {
  return entries.map((entry) => ({ ...entry, name: `${prefix}/${entry.name}` }));
}

function productEntries(): Entry[] {
  const multiplied = ([n, k, m]: readonly number[]): string => product(`${n},${k}`, `${k},${m}`);
  const batches = {
    'batch-3': product('3,4,5', '3,5,2'),
    'batch-left': product('3,4,5', '5,2'),
    'batch-right': product('4,5', '3,5,2'),
    'batch-both': product('3,1,2,5', '4,5,3'),
    'rank-6': product('2,1,3,1,2,5', '3,1,2,5,3'),
  };
  return [
    ...under('fully_connected', [
      ...entriesOf(sized(sizes, dense)),
      ...entriesOf(sized(long, dense), { values: 'sparse' }),
      ...entriesOf(
        Object.fromEntries(
          Object.entries(activations).map(([name, parameters]) => [
            `then-${name}`,
            dense([3, 5, 7], { attrs: `activation="${name}"${parameters}` }),
          ]),
        ),
      ),
      ...entriesOf({
        'no-bias': dense([2, 17, 5], { bias: false }),
        f16: dense([3, 7, 5], { dtype: 'f16' }),
      }),
      ...entriesOf({ wide: dense([3, 5, 4], { bias: false }) }, { values: 'wide' }),
      ...entriesOf({ special: dense([9, 37, 5]) }, { values: 'rare' }),
    ]),
    ...under('matmul', [
      ...entriesOf(sized(sizes, multiplied)),
      ...entriesOf({ ...sized(long, multiplied) }, { values: 'sparse' }),
      ...entriesOf(batches),
      ...entriesOf({ f16: product('3,7', '7,5', 'f16') }),
      ...entriesOf(
        { 'f16-k-960': product('2,960', '960,3', 'f16'), 'f16-k-4096': product('1,4096', '4096,2', 'f16') },
        { values: 'growing' },
      ),
      ...entriesOf({ wide: product('4,3', '3,5') }, { values: 'wide' }),
    ]),
    ...under(
      'gemm',
      entriesOf({
        plain: gemm('3,5', '5,7', '7', ''),
        'trans-a': gemm('5,3', '5,7', '3,1', 'trans_a=true'),
        'trans-b': gemm('3,5', '7,5', '3,7', 'trans_b=true'),
        'trans-both': gemm('5,3', '7,5', '1', 'trans_a=true, trans_b=true, alpha=0.5, beta=2'),
        alpha: gemm('3,33', '33,5', '5', 'alpha=1.5'),
        beta: gemm('2,9', '9,3', '2,3', 'beta=-0.5'),
      }),
    ),
  ];
}

const reductions = [...registry.values()].filter((op) => 'keepdims' in op.attrs && 'axes' in op.attrs);

/** Axes of [2,3,5,4]: each, some together, from the end, and all. */
const axes: Readonly<Record<string, string>> = {
  'axis-0': 'axes=[0]',
  'axis-1': 'axes=[1], keepdims=false',
  'axis-2': 'axes=[2]',
  'axis-last': 'axes=[-1], keepdims=false',
  'axes-0-2': 'axes=[0, 2], keepdims=false',
  'axes-1-3': 'axes=[1, -1]',
  all: '',
};

function reductionEntries(): Entry[] {
  return reductions.flatMap(({ name }) => {
    const exact = /max|min/.test(name);
    const of = (shape: string, attrs: string, dtype = 'f32'): string =>
      ofOne(`${dtype}[${shape}]`, `${name} %x {${attrs}}`);
    const formed = Object.entries(axes).map(([form, attrs]) => [form, of('2,3,5,4', attrs)] as const);
    const values: InputValues = name === 'reduce_prod' ? 'positive' : 'uniform';
    return under(name, [
      ...entriesOf(Object.fromEntries(formed), { values, exact }),
      ...entriesOf(
        {
          'rank-1': of('129', 'keepdims=false'),
          'rank-6': of('2,3,1,2,3,2', 'axes=[1, 4], keepdims=false'),
          'rows-33': of('5,33', 'axes=[1]'),
        },
        { values, exact },
      ),
      ...(name === 'reduce_prod'
        ? []
        : entriesOf(
            { 'row-1001': of('3,1001', 'axes=[-1]'), 'columns-65': of('65,7', 'axes=[0]') },
            { exact },
          )),
      ...entriesOf({ nan: of('3,61,5', 'axes=[1]') }, { values: 'rare', exact }),
      ...entriesOf({ infinities: of('3,61,5', 'axes=[1]') }, { values: 'infinities', exact }),
      ...entriesOf({ f16: of('3,7,5', 'axes=[1]', 'f16') }, { values, exact }),
      ...entriesOf(
        { i32: of('3,7,5', 'axes=[0]', 'i32') },
        { exact: true, values: name === 'reduce_prod' ? 'ties' : 'uniform' },
      ),
    ]);
  });
}

function softmaxEntries(): Entry[] {
  const of = (shape: string, axis: number, dtype = 'f32'): string =>
    ofOne(`${dtype}[${shape}]`, `softmax %x {axis=${axis}}`);
  return under('softmax', [
    ...entriesOf({
      'axis-0': of('5,3,2', 0),
      'axis-1': of('2,5,3', 1),
      'axis-2-of-4': of('2,3,5,4', 2),
      'axis-last': of('2,3,7', -1),
      'axis--2': of('2,7,3', -2),
      'rank-1': of('33', 0),
      'rank-6': of('2,1,3,5,2,1', 3),
      'row-1001': of('3,1001', 1),
      'channels-1001': of('1,1001,1,2', 1),
      'row-65': of('5,65', 1),
    }),
    ...entriesOf({ steep: of('7,13', 1), 'steep-channels': of('2,13,3', 1) }, { values: 'steep' }),
    ...entriesOf({ cliffs: of('5,9', -1), 'cliffs-axis-0': of('9,4', 0) }, { values: 'cliffs' }),
    ...entriesOf({ f16: of('3,11', 1, 'f16') }),
  ]);
}

export const productCases = suiteOf('products', productEntries());
export const reductionCases = suiteOf('reductions', [...reductionEntries(), ...softmaxEntries()]);
