import { registry } from '@ghostc/ops';
import { type Entry, entriesOf, modelText, ofOne, suiteOf } from './model-text.ts';

const joined = (parts: readonly string[], axis: number, dtype = 'f32'): string =>
  modelText({
    inputs: Object.fromEntries(parts.map((shape, i) => [`x${i}`, `${dtype}[${shape}]`])),
    nodes: `%y = concat ${parts.map((_, i) => `%x${i}`).join(', ')} {axis=${axis}}`,
  });

const indexed = (op: string, x: string, indices: string, attrs: string): string =>
  modelText({ inputs: { x: `f32[${x}]` }, constants: { i: indices }, nodes: `%y = ${op} %x, %i {${attrs}}` });

const scattered = (x: string, indices: string, updates: string, reduction: string): string =>
  modelText({
    inputs: { x: `f32[${x}]`, u: `f32[${updates}]` },
    constants: { i: indices },
    nodes: `%y = scatter_nd %x, %i, %u {reduction="${reduction}"}`,
  });

const of = (shape: string, node: string, dtype = 'f32'): string => ofOne(`${dtype}[${shape}]`, node);

const concats = {
  'concat/axis-0': joined(['2,3,4', '1,3,4', '3,3,4'], 0),
  'concat/axis-1': joined(['2,3,4', '2,5,4'], 1),
  'concat/axis-last': joined(['2,3,4', '2,3,1', '2,3,5'], -1),
  'concat/axis-2-of-4': joined(['2,3,4,5', '2,3,2,5'], 2),
  'concat/rank-1': joined(['33', '5', '1'], 0),
  'concat/rank-6': joined(['2,1,3,2,1,2', '2,1,3,5,1,2'], 3),
  'concat/channels-33-65': joined(['1,33,3,2', '1,65,3,2'], 1),
  'concat/batch-3': joined(['3,2,5', '3,7,5', '3,1,5'], 1),
};

const transposes = {
  'transpose/rank-2': of('5,33', 'transpose %x {perm=[1, 0]}'),
  'transpose/rank-3': of('2,5,3', 'transpose %x {perm=[2, 0, 1]}'),
  'transpose/nhwc': of('2,33,3,5', 'transpose %x {perm=[0, 2, 3, 1]}'),
  'transpose/nchw': of('2,3,5,33', 'transpose %x {perm=[0, 3, 1, 2]}'),
  'transpose/rank-5': of('2,3,4,5,6', 'transpose %x {perm=[3, 1, 4, 0, 2]}'),
  'transpose/rank-6': of('2,3,1,4,2,5', 'transpose %x {perm=[5, 0, 3, 2, 4, 1]}'),
};

const slices = {
  'slice/axis-0': of('9,3,4', 'slice %x {starts=[2], ends=[7], axes=[0]}'),
  'slice/channels': of('2,33,3,2', 'slice %x {starts=[5], ends=[29], axes=[1]}'),
  'slice/steps': of('2,9,11', 'slice %x {starts=[1, 2], ends=[9, 11], axes=[1, 2], steps=[3, 2]}'),
  'slice/backwards': of('3,9,7', 'slice %x {starts=[-1, 5], ends=[-100, 0], axes=[1, 2], steps=[-2, -1]}'),
  'slice/from-the-end': of('3,9,7', 'slice %x {starts=[-5], ends=[-1], axes=[-2]}'),
  'slice/rank-6': of('2,3,4,1,5,2', 'slice %x {starts=[1, 2], ends=[3, 4], axes=[1, 4]}'),
};

const pads = {
  'pad/constant': of('2,3,4,5', 'pad %x {pads=[1, 0, 2, 0, 0, 1, 1, 3], value=-1.5}'),
  'pad/rank-1': of('5', 'pad %x {pads=[3, 2], value=7}'),
  'pad/rank-3': of('2,3,5', 'pad %x {pads=[0, 1, 2, 1, 0, 3]}'),
  ...Object.fromEntries(
    ['reflect', 'edge', 'wrap'].map((mode) => [
      `pad/${mode}`,
      of('2,3,4,6', `pad %x {pads=[0, 0, 2, 1, 0, 0, 1, 4], mode="${mode}"}`),
    ]),
  ),
};

const shapes = {
  'reshape/rank-2-to-4': of('6,35', 'reshape %x {shape=[2, 3, 5, 7]}'),
  'reshape/rank-6-to-1': of('2,3,1,5,2,2', 'reshape %x {shape=[-1]}'),
  'reshape/copy': of('2,3,5', 'reshape %x {shape=[0, -1]}'),
  'expand/rows': of('3,1,5', 'expand %x {shape=[3, 4, 5]}'),
  'expand/rank': of('5,1', 'expand %x {shape=[2, 3, 5, 7]}'),
};

const gathers = {
  'gather/axis-0': indexed('gather', '7,3,2', 'i64[4] = [6, 0, 3, 3]', 'axis=0'),
  'gather/axis-1': indexed('gather', '2,7,3', 'i64[2,2] = [6, 1, 0, 5]', 'axis=1'),
  'gather/axis-last': indexed('gather', '2,3,7', 'i64[3] = [-1, 2, -7]', 'axis=-1'),
  'gather/rank-5': indexed('gather', '2,3,4,2,3', 'i64[2] = [3, 1]', 'axis=2'),
  'gather_elements/axis-0': indexed('gather_elements', '3,2', 'i64[2,2] = [2, 0, 1, 2]', 'axis=0'),
  'gather_elements/axis-1': indexed('gather_elements', '2,5', 'i64[2,3] = [4, 0, -1, 2, 2, 1]', 'axis=1'),
  'gather_nd/tuples': indexed('gather_nd', '3,4,5', 'i64[3,2] = [0, 3, 2, 1, 1, 0]', ''),
  'gather_nd/batch': indexed('gather_nd', '2,3,5', 'i64[2,1] = [2, 0]', 'batch_dims=1'),
};

const tuples = 'i64[3,1] = [4, 0, 2]';
const scatters = Object.fromEntries(
  ['none', 'add', 'mul', 'max', 'min'].map((reduction) => [
    `scatter_nd/${reduction}`,
    scattered('5,3', tuples, '3,3', reduction),
  ]),
);

const coordinates = ['asymmetric', 'half_pixel', 'pytorch_half_pixel', 'align_corners'];
const nearest = ['floor', 'ceil', 'round_prefer_floor', 'round_prefer_ceil'];
const resized = (sizes: string, rest: string): string =>
  of('2,3,5,7', `resize %x {sizes=[2, 3, ${sizes}], ${rest}}`);

const nearestResizes = Object.fromEntries(
  coordinates.flatMap((mode) =>
    nearest.map((rounding) => [
      `resize/nearest-${mode}-${rounding}`,
      resized('8, 3', `coordinate_transformation_mode="${mode}", nearest_mode="${rounding}"`),
    ]),
  ),
);
const linearResizes = Object.fromEntries(
  coordinates.flatMap((mode) => [
    [`resize/linear-${mode}`, resized('11, 4', `mode="linear", coordinate_transformation_mode="${mode}"`)],
    [
      `resize/linear-${mode}-down`,
      resized('3, 17', `mode="linear", coordinate_transformation_mode="${mode}"`),
    ],
  ]),
);

const typed = (['f16', 'i8', 'u8', 'i32', 'i64', 'bool'] as const).flatMap((dtype): Entry[] =>
  entriesOf(
    {
      [`concat/${dtype}`]: joined(['2,3', '2,5'], 1, dtype),
      [`transpose/${dtype}`]: of('3,5', 'transpose %x {perm=[1, 0]}', dtype),
      [`slice/${dtype}`]: of('3,9', 'slice %x {starts=[1], ends=[8], axes=[1], steps=[3]}', dtype),
    },
    { exact: true, values: dtype === 'f16' ? 'small' : 'extremes' },
  ),
);

const ofSpecial = entriesOf(
  {
    'concat/special': joined(['2,11', '3,11'], 0),
    'transpose/special': of('2,11', 'transpose %x {perm=[1, 0]}'),
    'slice/special': of('2,23', 'slice %x {starts=[22], ends=[-24], axes=[1], steps=[-1]}'),
    'pad/special': of('2,11', 'pad %x {pads=[0, 1, 0, 2], mode="edge"}'),
    'gather/special': indexed('gather', '22', 'i64[5] = [0, 2, 4, 6, 8]', ''),
  },
  { exact: true, values: 'special' },
);

const ofSubnormals = entriesOf(
  {
    'concat/subnormal': joined(['2,11', '3,11'], 0),
    'reshape/subnormal': of('2,11', 'reshape %x {shape=[11, 2]}'),
  },
  { exact: true, values: 'subnormal' },
);

const exactMoves = {
  ...concats,
  ...transposes,
  ...slices,
  ...pads,
  ...shapes,
  ...gathers,
  ...nearestResizes,
};

export const movementCases = suiteOf('moves', [
  ...entriesOf(exactMoves, { exact: true }),
  ...entriesOf(linearResizes),
  ...entriesOf(scatters),
  ...typed,
  ...ofSpecial,
  ...ofSubnormals,
]);

const extremes = [...registry.values()].filter((op) => 'select_last_index' in op.attrs);

function selectionEntries(): Entry[] {
  const of4 = (op: string, attrs: string, shape = '2,3,5,4'): string => of(shape, `${op} %x {${attrs}}`);
  const args = extremes.flatMap(({ name }) =>
    entriesOf(
      {
        [`${name}/axis-0`]: of4(name, 'axis=0'),
        [`${name}/axis-1`]: of4(name, 'axis=1, keepdims=false'),
        [`${name}/axis-2-last`]: of4(name, 'axis=2, select_last_index=true'),
        [`${name}/axis-last`]: of4(name, 'axis=-1, keepdims=false'),
        [`${name}/row-65`]: of4(name, 'axis=1', '3,65'),
        [`${name}/rank-1-last`]: of4(name, 'axis=0, select_last_index=true', '129'),
      },
      { exact: true, values: 'ties' },
    ),
  );
  const tops = (attrs: string, shape: string): string =>
    modelText({ inputs: { x: `f32[${shape}]` }, nodes: `%y, %i = top_k %x {${attrs}}`, outputs: '%y, %i' });
  return [
    ...args,
    ...entriesOf(
      {
        'top_k/largest': tops('k=3', '4,9'),
        'top_k/smallest': tops('k=4, largest=false', '3,11'),
        'top_k/axis-0': tops('k=2, axis=0', '7,3'),
        'top_k/axis-1-of-3': tops('k=5, axis=1', '2,33,3'),
        'top_k/all': tops('k=5, axis=-2', '2,5,3'),
      },
      { exact: true, values: 'ties' },
    ),
  ];
}

const cast = (from: string, to: string): string => of('5,13', `cast %x {to="${to}"}`, from);

/** Conversions: of ties and halves, of values that the type cannot represent exactly, of integers that wrap. */
function castEntries(): Entry[] {
  const floats = ['f16', 'bf16', 'i32', 'i64', 'i8', 'u8', 'bool'];
  const narrow = entriesOf(
    Object.fromEntries(
      floats.filter((to) => to !== 'u8').map((to) => [`cast/f32-to-${to}`, cast('f32', to)]),
    ),
    { exact: true, values: 'ties' },
  );
  const rounded = entriesOf(
    { 'cast/f32-to-f16-small': cast('f32', 'f16') },
    { exact: true, values: 'small' },
  );
  const widths = entriesOf(
    Object.fromEntries(
      (
        ['i32-to-i8', 'i32-to-u8', 'i32-to-i16', 'i64-to-i32', 'i8-to-i32', 'u8-to-i32', 'i8-to-u8'] as const
      ).map((name) => {
        const [from = '', to = ''] = name.split('-to-');
        return [`cast/${name}`, cast(from, to)];
      }),
    ),
    { exact: true, values: 'extremes' },
  );
  const back = entriesOf(
    {
      'cast/i32-to-f32': cast('i32', 'f32'),
      'cast/bool-to-f32': cast('bool', 'f32'),
      'cast/f16-to-f32': cast('f16', 'f32'),
      'cast/bf16-to-f32': cast('bf16', 'f32'),
    },
    { exact: true },
  );
  return [...narrow, ...rounded, ...widths, ...back];
}

export const selectionCases = suiteOf('selections', [...selectionEntries(), ...castEntries()]);
