import { itemAt } from '@ghostc/ir';

/** Most multiply-accumulates of a layer. */
const MOST_MACS = 500_000;

/** Dense layers of one vector of 64 to 8,000 elements. */
export function vectors(next: () => number): string {
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
export function states(next: () => number): string {
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
