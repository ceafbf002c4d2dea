import { compileC } from '@ghostc/compiler';
import { caseGraph, joinCases, seededInputs, suite } from '@ghostc/conformance';
import { interpret } from '@ghostc/interpreter';
import { expect, test } from 'vitest';
import { skipWithout, type Tool } from '../process/require-tool.ts';
import { avx2, avx512Flags, hasAvx512 } from '../testing/avx2.ts';
import { cDevice, type ProgramDevice } from './c-device.ts';
import { runC } from './prepare-c.ts';

interface Case {
  readonly x: string;
  readonly w: string;
  readonly attrs?: string;
}

const convolutions: readonly Case[] = [
  { x: '1,1,9,10', w: '3,1,3,5', attrs: 'pads=[1,2,1,2]' },
  { x: '1,1,13,7', w: '6,1,10,4', attrs: 'pads=[4,1,5,1], strides=[2,2]' },
  { x: '2,3,11,19', w: '5,3,3,3', attrs: 'pads=[1,1,1,1], strides=[2,2]' },
  { x: '1,3,8,35', w: '4,3,7,7', attrs: 'pads=[3,3,3,3], strides=[2,2]' },
  { x: '1,5,6,3', w: '9,5,3,3', attrs: 'pads=[1,1,1,1]' },
  { x: '1,4,7,7', w: '8,4,3,3', attrs: 'pads=[0,1,2,0], dilations=[2,2]' },
  { x: '1,8,5,40', w: '7,8,1,3', attrs: 'strides=[1,3]' },
  { x: '1,6,9,9', w: '5,6,1,1', attrs: 'strides=[2,2]' },
  { x: '2,6,5,5', w: '4,3,3,3', attrs: 'pads=[1,1,1,1], group=2' },
  { x: '1,10,3,3', w: '6,10,1,1' },
  { x: '2,7,5,9', w: '11,7,1,1' },
  { x: '1,2,1,33', w: '2,2,1,9', attrs: 'strides=[1,2], pads=[0,4,0,4]' },
  // by minimal filtering: odd sizes, and two blocks of squares
  { x: '2,9,9,11', w: '10,9,3,3', attrs: 'pads=[1,1,1,1]' },
  { x: '1,8,41,43', w: '8,8,3,3', attrs: 'pads=[0,2,1,1]' },
];

const depthwise: readonly Case[] = [
  { x: '1,3,9,10', w: '3,1,3,3', attrs: 'pads=[1,1,1,1]' },
  { x: '2,2,13,41', w: '2,1,5,5', attrs: 'pads=[2,2,2,2], strides=[2,2]' },
  { x: '1,2,12,38', w: '2,1,3,3', attrs: 'pads=[0,0,1,1], strides=[2,2]' },
  { x: '1,2,7,7', w: '6,1,3,3', attrs: 'pads=[1,1,1,1], multiplier=3' },
  { x: '1,2,4,3', w: '2,1,1,3', attrs: 'pads=[0,1,0,1]' },
  { x: '1,2,11,20', w: '2,1,3,3', attrs: 'strides=[1,3], dilations=[2,2], pads=[2,2,2,2]' },
];

const pairs = ['1,3,5,7', '1,3,4,4', '1,9,1,1', '2,1,3,33'];

const pools = [
  '1,3,9,37 max_pool kernel_shape=[3,3], strides=[2,2], pads=[1,1,1,1]',
  '2,2,7,40 max_pool kernel_shape=[2,2]',
  '1,2,9,20 max_pool kernel_shape=[4,5], strides=[3,3], pads=[2,2,2,2], ceil_mode=true',
  '1,2,5,33 max_pool kernel_shape=[1,3], strides=[1,2], dilations=[1,3], pads=[0,3,0,0]',
  '1,2,6,3 max_pool kernel_shape=[3,1], pads=[1,0,1,0]',
  ...['2,3,7,7', '1,2,13,5', '1,2,8,8', '1,3,3,1'].map(
    (shape) => `${shape} qlinear_global_average_pool y_scale=0.031, y_zero_point=-3`,
  ),
];

const quant = 'quant(0.047:-5)';

/** The layer with both roundings; per-channel scales over three powers of two. */
function layer(op: string, { x, w, attrs = '' }: Case): string[] {
  const channels = Number(w.split(',')[0]);
  const scales = Array.from({ length: channels }, (_, i) => `${(0.002 * (1 + ((i * 7) % 12))).toFixed(4)}:0`);
  return ['double', 'single'].map(
    (rounding) => `graph @layer(%x: i8[${x}] ${quant})
  const %w: i8[${w}] quant(axis=0, ${scales.join(', ')}) = random(1)
  const %b: i32[${channels}] = random(2)
  %y = ${op} %x, %w, %b {y_scale=0.083, y_zero_point=7, rounding="${rounding}"${attrs && `, ${attrs}`}}
  return %y`,
  );
}

function pair(op: string, shape: string): string[] {
  const channels = shape.split(',')[1];
  return ['double', 'single'].map(
    (
      rounding,
    ) => `graph @pair(%a: i8[${shape}] ${quant}, %b: i8[${shape}] quant(0.031:11), %c: i8[1,${channels},1,1] quant(0.5:1))
  %p = ${op} %a, %b {y_scale=0.083, y_zero_point=7, rounding="${rounding}"}
  %y = ${op} %p, %c {y_scale=0.3, rounding="${rounding}"}
  return %p, %y`,
  );
}

const texts = [
  ...convolutions.flatMap((layers) => layer('qlinear_conv2d', layers)),
  ...depthwise.flatMap((layers) => layer('qlinear_depthwise_conv2d', layers)),
  ...[
    { x: '1,37', w: '10,37' },
    { x: '3,16', w: '7,16' },
  ].flatMap((layers) => layer('qlinear_fully_connected', layers)),
  ...pools.map((text) => {
    const [shape, op, attrs] = text.split(/ (?=max|qlinear|kernel|y_scale)/);
    return `graph @pool(%x: i8[${shape}] ${quant})\n  %y = ${op} %x {${attrs}}\n  return %y`;
  }),
  ...['qlinear_add', 'qlinear_sub', 'qlinear_mul'].flatMap((op) => pairs.flatMap((shape) => pair(op, shape))),
];

/** Sanitizers run on the suites of quantised ops; here they would take minutes. */
const quick = ['-O1'];

const baseline = '-DGHOSTC_DISPATCH=0';

interface InstructionSet {
  readonly name: string;
  readonly flags: readonly string[];
  readonly tools: readonly Tool[];
  readonly device?: ProgramDevice;
  /** Needs a processor with AVX-512, which many have not. */
  readonly wide?: boolean;
}

/** Each instruction set of the vector layer, and what stands for it where there is none. */
const sets: readonly InstructionSet[] = [
  { name: 'SSE2', flags: [baseline], tools: [] },
  { name: 'AVX2', flags: ['-mavx2'], tools: [avx2] },
  { name: 'AVX2, chosen at run time', flags: ['-DGHOSTC_DISPATCH=1'], tools: [avx2] },
  { name: 'AVX-512', flags: avx512Flags, tools: [], wide: true },
  { name: 'AVX-512, chosen at run time', flags: [], tools: [], wide: true },
  { name: 'NEON', flags: [], tools: cDevice('aarch64').tools, device: 'aarch64' },
  // GCC takes a minute over its arrays at -O1
  { name: 'plain C', flags: [baseline, '-U__SSE2__', '-U__AVX2__', '-O0'], tools: [] },
];

test.for(sets)(
  'int8 layers of the host in $name are the interpreter, bit for bit',
  async ({ name, flags, tools, device = 'host', wide = false }, context) => {
    if (wide && !hasAvx512()) context.skip('this processor has no AVX-512 with VNNI');
    skipWithout([...cDevice('host').tools, ...tools], name, context);
    const graph = caseGraph(
      joinCases(suite('int8_lanes', Object.fromEntries(texts.map((text, i) => [`${i}`, text])))),
    );
    const inputs = seededInputs(graph, 5);
    const program = compileC(graph, { device });
    const [run] = await runC(program, device, [inputs], { extraFlags: [...quick, ...flags] });
    for (const [output, expected] of interpret(graph, inputs))
      expect(run?.outputs.get(output)?.data, output).toEqual(expected.data);
  },
);
