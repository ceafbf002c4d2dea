import { itemAt } from '@ghostc/ir';

/** Most multiply-accumulates of a layer. */
const MOST_MACS = 500_000;

/** Probes that are no chain of images. */
export const plainProbes = { vectors, states, handfuls, slopes, dense } as const;
export type PlainKind = keyof typeof plainProbes;

/** Dense layers of one vector of 64 to 8,000 elements. */
function vectors(next: () => number): string {
  const between = (low: number, high: number): number => Math.round(low * (high / low) ** next());
  const inputs = between(64, 8000);
  const most = MOST_MACS / inputs;
  const sizes = Array.from({ length: 6 }, (_, i) =>
    i < 2 ? 1 + i : Math.ceil(between(1, Math.min(most, 300))),
  );
  return [
    `graph @probe(%x: f32[1,${inputs}])`,
    ...sizes.flatMap((m, i) => [
      `  const %w${i}: f32[${m},${inputs}] = random(${2 * i + 1})`,
      `  const %b${i}: f32[${m}] = random(${2 * i + 2})`,
    ]),
    ...sizes.map((_, i) => `  %y${i} = fully_connected %x, %w${i}, %b${i}`),
    `  return ${sizes.map((_, i) => `%y${i}`).join(', ')}`,
  ].join('\n');
}

/** What came last is put after what is kept, along two layouts; layers take all of it, as small networks that listen do. */
function states(next: () => number): string {
  const pick = (from: number, to: number): number => from + Math.floor(next() * (to - from + 1));
  const [steps, newest, outputs] = [pick(3, pick(8, 80)), pick(1, 3), pick(6, 40)];
  const channels = itemAt([20, 24, 32, 40, 48, 64, 96], pick(0, 6));
  const layouts = [
    { name: 't', axis: 1, shape: (length: number) => `1,${length},1,${channels}`, perm: '0,3,1,2' },
    { name: 'p', axis: 2, shape: (length: number) => `1,${channels},${length},1`, perm: '0,2,3,1' },
  ] as const;
  const inputs = layouts.flatMap(({ name, shape }) => [
    `%${name}x: f32[${shape(steps + newest)}]`,
    `%${name}n: f32[${shape(newest)}]`,
  ]);
  return [
    `graph @probe(${inputs.join(', ')})`,
    `  const %w: f32[${outputs},${channels},${steps + newest},1] = random(1)`,
    `  const %v: f32[${channels},1,${steps},1] = random(2)`,
    `  const %b: f32[${outputs}] = random(3)`,
    `  const %a: f32[${channels}] = random(4)`,
    ...layouts.flatMap(({ name, axis, perm }) => [
      `  %${name}s = slice %${name}x {starts=[${newest}], ends=[${steps + newest}], axes=[${axis}]}`,
      `  %${name}c = concat %${name}s, %${name}n {axis=${axis}}`,
      `  %${name}y = transpose %${name}c {perm=[${perm}]}`,
    ]),
    '  %all = conv2d %pc, %w, %b',
    '  %each = depthwise_conv2d %pc, %v, %a',
    '  return %tc, %ty, %pc, %py, %all, %each',
  ].join('\n');
}

/** Dense layers of one to 32 values, where what a call and an output take by themselves is most of it. */
function handfuls(next: () => number): string {
  const sizes = Array.from({ length: 7 }, () => Math.ceil(32 * next() ** 2));
  const lines = sizes
    .slice(1)
    .flatMap((m, i) => [
      `  const %w${i + 1}: f32[${m},${sizes[i]}] = random(${2 * i + 1})`,
      `  const %b${i + 1}: f32[${m}] = random(${2 * i + 2})`,
    ]);
  const layers = sizes.slice(1).flatMap((_, i) => {
    const dense = `  %y${i + 1} = fully_connected %${i ? `z${i}` : 'x'}, %w${i + 1}, %b${i + 1}`;
    return [dense, `  %z${i + 1} = ${next() < 0.7 ? 'relu' : 'tanh'} %y${i + 1}`];
  });
  const last = sizes.length - 1;
  return [
    `graph @probe(%x: f32[1,${sizes[0]}])`,
    ...lines,
    ...layers.slice(0, -1),
    `  return %y${last}`,
  ].join('\n');
}

/** Slopes below zero by channel, of images and of vectors. */
function slopes(next: () => number): string {
  const pick = (from: number, to: number): number => from + Math.floor(next() * (to - from + 1));
  const shapes = Array.from({ length: 4 }, (_, i) =>
    i < 3 ? [pick(2, 48), pick(1, 24), pick(1, 24)] : [pick(16, 256)],
  );
  return [
    `graph @probe(${shapes.map((shape, i) => `%x${i}: f32[1,${shape.join(',')}]`).join(', ')})`,
    ...shapes.map(
      ([channels, ...plane], i) =>
        `  const %s${i}: f32[${[channels, ...plane.map(() => 1)].join(',')}] = random(${i + 1})`,
    ),
    ...shapes.map((_, i) => `  %y${i} = prelu %x${i}, %s${i}`),
    `  return ${shapes.map((_, i) => `%y${i}`).join(', ')}`,
  ].join('\n');
}

/** Dense layers in int8 as TFLite has them: one scale for all weights. */
function dense(next: () => number): string {
  const sizes = Array.from({ length: 9 }, () => Math.ceil(96 * next() ** 2));
  const layers = sizes.slice(1).map((m, i) => {
    const from = i ? `y${i}` : 'x';
    const clamp = next() < 0.6 ? ', clamp=[-4, 127]' : '';
    return {
      constants: [
        `  const %w${i}: i8[${m},${sizes[i]}] quant(0.01:0) = random(${2 * i + 1})`,
        `  const %b${i}: i32[${m}] = random(${2 * i + 2})`,
      ],
      node: `  %y${i + 1} = qlinear_fully_connected %${from}, %w${i}, %b${i} {y_scale=0.1, y_zero_point=-4, rounding="single"${clamp}}`,
    };
  });
  return [
    `graph @probe(%x: i8[1,${sizes[0]}] quant(0.1:-4))`,
    ...layers.flatMap(({ constants }) => constants),
    ...layers.map(({ node }) => node),
    `  return %y${layers.length}`,
  ].join('\n');
}
