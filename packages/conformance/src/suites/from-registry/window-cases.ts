import type { Attrs } from '@ghostc/ir';
import { activationOps } from '@ghostc/ops';
import { type Entry, entriesOf, modelText, ofOne, suiteOf } from './model-text.ts';

interface Layer {
  readonly x: string;
  readonly w: string;
  readonly attrs?: string;
  readonly bias?: boolean;
  readonly residual?: string;
  readonly dtype?: string;
}

const layer =
  (op: string) =>
  ({ x, w, attrs = '', bias = true, residual, dtype = 'f32' }: Layer): string =>
    modelText({
      inputs: { x: `${dtype}[${x}]`, ...(residual && { r: `${dtype}[${residual}]` }) },
      constants: {
        w: `${dtype}[${w}] = random(1)`,
        ...(bias && { b: `${dtype}[${w.split(',')[0]}] = random(2)` }),
      },
      nodes: `%y = ${op} %x, %w, ${bias ? '%b' : '_'}, ${residual ? '%r' : '_'} {${attrs}}`,
    });

const conv = layer('conv2d');
const depthwise = layer('depthwise_conv2d');

/** Windows whose height and width differ in every parameter. */
export const windows: Readonly<
  Record<string, { readonly kernel: readonly [number, number]; readonly attrs: string }>
> = {
  pads: { kernel: [3, 5], attrs: 'pads=[1,2,0,3]' },
  strides: { kernel: [2, 3], attrs: 'strides=[2,3]' },
  dilations: { kernel: [3, 2], attrs: 'dilations=[2,3]' },
  'strides-dilations': { kernel: [3, 2], attrs: 'strides=[3,2], dilations=[1,4]' },
  all: { kernel: [3, 2], attrs: 'strides=[2,3], pads=[2,0,1,3], dilations=[3,2]' },
  tall: { kernel: [7, 1], attrs: 'pads=[3,0,2,0], strides=[2,1]' },
  flat: { kernel: [1, 6], attrs: 'pads=[0,4,0,1], strides=[1,2]' },
};

const layerWindows = (op: (one: Layer) => string, { x, w, attrs = '' }: Layer): Record<string, string> =>
  Object.fromEntries(
    Object.entries(windows).map(([name, { kernel, attrs: window }]) => [
      name,
      op({ x, w: `${w},${kernel.join(',')}`, attrs: [window, attrs].filter(Boolean).join(', ') }),
    ]),
  );

/** Input and output channels one more than whole blocks, on a plane with a remainder; K is the first number. */
const channels: readonly (readonly [number, number, string])[] = [
  [33, 65, '3,5'],
  [65, 33, '5,3'],
  [129, 17, '1,7'],
  [17, 129, '7,1'],
  [5, 1000, '1,3'],
  [1000, 9, '3,1'],
  [7, 3, '17,23'],
];

/** What a convolution applies to its sums, with parameters if any. */
export const activations: Readonly<Record<string, string>> = Object.fromEntries(
  activationOps.map(({ name, epilogue, random }) => [name, parametersText(epilogue.params, random.attrs)]),
);

function parametersText(names: readonly string[], attrs: Attrs): string {
  return names.length ? `, activation_params=[${names.map((name) => attrs[name]).join(', ')}]` : '';
}

function convEntries(): Entry[] {
  const plain = {
    ...Object.fromEntries(
      channels.map(([c, m, plane]) => [
        `pointwise-${c}-to-${m}`,
        conv({ x: `1,${c},${plane}`, w: `${m},${c},1,1` }),
      ]),
    ),
    ...Object.fromEntries(
      Object.entries(activations).map(([name, parameters]) => [
        `then-${name}`,
        conv({ x: '1,3,5,7', w: '6,3,1,2', attrs: `activation="${name}"${parameters}` }),
      ]),
    ),
    ...layerWindows(conv, { x: '1,3,11,14', w: '5,3' }),
    'plane-17x23': conv({ x: '1,3,17,23', w: '5,3,3,2', attrs: 'pads=[1,0,1,1]' }),
    'channels-33-3x2': conv({ x: '1,9,5,7', w: '33,9,3,2', attrs: 'pads=[1,1,0,0]' }),
    'batch-3-groups': conv({ x: '3,6,5,4', w: '9,2,2,3', attrs: 'group=3, pads=[0,1,1,0]' }),
    'batch-3-groups-pointwise': conv({ x: '3,6,5,4', w: '4,3,1,1', attrs: 'group=2' }),
    'groups-of-one-input': conv({ x: '3,5,4,6', w: '10,1,3,2', attrs: 'group=5, strides=[1,2]' }),
    'batch-3': conv({ x: '3,4,6,5', w: '7,4,3,2', attrs: 'strides=[2,1], pads=[1,0,1,1]' }),
    'pointwise-batch-3': conv({ x: '3,5,3,7', w: '6,5,1,1' }),
    'pointwise-strided': conv({ x: '1,5,7,11', w: '6,5,1,1', attrs: 'strides=[2,3]' }),
    'pointwise-padded': conv({ x: '2,3,4,6', w: '5,3,1,1', attrs: 'pads=[1,0,0,2]' }),
    line: conv({ x: '2,3,29', w: '5,3,1,4', attrs: 'pads=[0,1,0,2], strides=[1,2], dilations=[1,3]' }),
    'line-groups': conv({ x: '3,4,19', w: '6,2,1,3', attrs: 'group=2' }),
    'kernel-beyond-image': conv({ x: '1,2,3,2', w: '3,2,6,5', attrs: 'pads=[2,3,3,1]' }),
    'no-bias': conv({ x: '2,3,5,4', w: '5,3,2,3', bias: false }),
    residual: conv({ x: '2,3,5,7', w: '6,3,1,1', residual: '2,6,5,7', attrs: 'activation="relu"' }),
    'residual-strided': conv({ x: '1,3,7,8', w: '5,3,3,2', residual: '1,5,3,3', attrs: 'strides=[2,3]' }),
  };
  return [
    ...entriesOf(plain),
    ...entriesOf({ 'pointwise-k-960': conv({ x: '1,960,2,3', w: '5,960,1,1' }) }, { values: 'sparse' }),
    ...entriesOf({ 'pointwise-k-4096': conv({ x: '1,4096,1,3', w: '5,4096,1,1' }) }, { values: 'sparse' }),
    ...entriesOf({ 'k-960-3x5': conv({ x: '1,64,4,7', w: '3,64,3,5' }) }, { values: 'sparse' }),
    ...entriesOf(
      { special: conv({ x: '1,2,9,17', w: '3,2,2,3', attrs: 'activation="relu"' }) },
      { values: 'rare' },
    ),
    ...entriesOf({ wide: conv({ x: '1,3,5,8', w: '4,3,1,2', bias: false }) }, { values: 'wide' }),
    ...entriesOf({ f16: conv({ x: '1,3,7,5', w: '4,3,3,2', attrs: 'strides=[1,2]', dtype: 'f16' }) }),
  ];
}

function depthwiseEntries(): Entry[] {
  const texts = {
    ...layerWindows(depthwise, { x: '1,5,11,14', w: '5,1' }),
    'multiplier-2': depthwise({ x: '2,5,7,4', w: '10,1,3,2', attrs: 'multiplier=2, pads=[1,0,1,1]' }),
    'multiplier-3-trimmed': depthwise({ x: '1,5,4,7', w: '13,1,2,3', attrs: 'multiplier=3' }),
    'channels-33': depthwise({ x: '1,33,5,4', w: '33,1,3,2', attrs: 'pads=[1,0,1,1]' }),
    'channels-65-strided': depthwise({
      x: '1,65,5,7',
      w: '65,1,3,5',
      attrs: 'pads=[1,2,1,2], strides=[2,1]',
    }),
    'channels-129': depthwise({ x: '1,129,3,2', w: '129,1,1,2' }),
    'channels-1000': depthwise({ x: '1,1000,1,3', w: '1000,1,1,2' }),
    'plane-17x23': depthwise({ x: '1,3,17,23', w: '3,1,3,3', attrs: 'pads=[1,1,1,1]' }),
    'plane-23x17-5x3': depthwise({ x: '1,3,23,17', w: '3,1,5,3', attrs: 'pads=[2,1,2,1], strides=[1,2]' }),
    'batch-3': depthwise({ x: '3,4,5,6', w: '4,1,2,3', attrs: 'pads=[0,1,1,1], strides=[2,1]' }),
    line: depthwise({ x: '2,5,23', w: '5,1,1,4', attrs: 'pads=[0,2,0,1], strides=[1,3]' }),
    residual: depthwise({
      x: '1,3,5,7',
      w: '3,1,3,3',
      attrs: 'pads=[1,1,1,1], activation="relu"',
      residual: '1,3,5,7',
    }),
    'pads-after': depthwise({ x: '1,5,8,8', w: '5,1,3,3', attrs: 'pads=[0,0,1,1], strides=[2,2]' }),
    'kernel-beyond-image': depthwise({ x: '1,3,2,1', w: '3,1,5,4', attrs: 'pads=[2,1,2,2]' }),
  };
  return [
    ...entriesOf(texts),
    ...entriesOf({ special: depthwise({ x: '1,2,9,17', w: '2,1,3,2' }) }, { values: 'rare' }),
    ...entriesOf({ f16: depthwise({ x: '1,3,7,5', w: '3,1,3,2', dtype: 'f16' }) }),
  ];
}

/**
 * Pools: windows that overlap and windows that do not, every flag, and last windows that extend beyond the
 * pad.
 */
const poolForms: Readonly<Record<string, readonly [string, string]>> = {
  pads: ['1,3,8,11', 'kernel_shape=[3,4], pads=[1,2,0,3]'],
  strides: ['1,3,9,11', 'kernel_shape=[2,3], strides=[2,4]'],
  dilations: ['1,2,9,11', 'kernel_shape=[3,2], dilations=[2,3]'],
  ceil: ['1,2,8,9', 'kernel_shape=[3,2], strides=[2,3], ceil_mode=true'],
  'ceil-pads': ['1,2,8,10', 'kernel_shape=[3,4], strides=[3,2], pads=[1,2,1,0], ceil_mode=true'],
  'pads-after': ['1,3,8,8', 'kernel_shape=[3,3], strides=[2,2], pads=[0,0,1,1]'],
  all: ['2,3,11,13', 'kernel_shape=[3,2], strides=[2,3], pads=[1,0,2,1], dilations=[2,3]'],
  'plane-17x23': ['1,3,17,23', 'kernel_shape=[3,2], strides=[2,2], pads=[1,0,1,1]'],
  'channels-33': ['1,33,4,5', 'kernel_shape=[2,3]'],
  'batch-3': ['3,2,5,4', 'kernel_shape=[3,2], strides=[1,2]'],
  line: ['2,3,19', 'kernel_shape=[1,4], strides=[1,3], pads=[0,1,0,2]'],
};

function poolEntries(): Entry[] {
  const wholePool = ofOne('f32[1,2,9,17]', 'max_pool %x {kernel_shape=[2,3]}');
  const texts = (op: string, more = ''): Record<string, string> =>
    Object.fromEntries(
      Object.entries(poolForms).map(([name, [x, attrs]]) => [
        `${op}${more && '-include-pad'}/${name}`,
        ofOne(`f32[${x}]`, `${op} %x {${attrs}${more}}`),
      ]),
    );
  const included = Object.fromEntries(
    Object.entries(texts('average_pool', ', count_include_pad=true')).filter(([name]) =>
      /pads|all|line/.test(name),
    ),
  );
  const indices = Object.fromEntries(
    Object.entries(texts('arg_max_pool')).filter(([name]) => /strides|pads$|batch/.test(name)),
  );
  const global = (x: string): string => ofOne(`f32[${x}]`, 'global_average_pool %x');
  return [
    ...entriesOf(texts('average_pool')),
    ...entriesOf(included),
    ...entriesOf(texts('max_pool'), { exact: true }),
    ...entriesOf(indices, { exact: true, values: 'ties' }),
    ...entriesOf({
      'global_average_pool/plane-17x23': global('2,3,17,23'),
      'global_average_pool/channels-33': global('1,33,3,5'),
      'global_average_pool/channels-1000': global('1,1000,1,3'),
      'global_average_pool/batch-3': global('3,5,7,4'),
      'global_average_pool/line': global('2,3,37'),
    }),
    ...entriesOf(
      {
        'global_average_pool/special': global('7,13,5,3'),
        'average_pool/special': ofOne('f32[1,2,9,17]', 'average_pool %x {kernel_shape=[2,3]}'),
      },
      { values: 'rare' },
    ),
    ...entriesOf(
      {
        'max_pool/negative': ofOne(
          'f32[1,2,6,7]',
          'max_pool %x {kernel_shape=[3,2], pads=[1,1,1,0]}',
        ).replace('%y = max_pool %x', '%n = abs %x\n  %m = neg %n\n  %y = max_pool %m'),
      },
      { exact: true },
    ),
    ...entriesOf(
      { 'max_pool/f16': ofOne('f16[1,2,6,7]', 'max_pool %x {kernel_shape=[3,2], strides=[1,2]}') },
      { exact: true },
    ),
    ...entriesOf(
      { 'max_pool/i8': ofOne('i8[1,2,6,7]', 'max_pool %x {kernel_shape=[3,2], strides=[1,2]}') },
      { exact: true },
    ),
    ...entriesOf({ 'max_pool/infinities': wholePool }, { values: 'infinities', exact: true }),
    ...entriesOf({ 'max_pool/nan': wholePool }, { values: 'rare', exact: true }),
  ];
}

export const convCases = suiteOf('convolutions', convEntries());
export const depthwiseCases = suiteOf('depthwise', depthwiseEntries());
export const poolCases = suiteOf('pools', poolEntries());
