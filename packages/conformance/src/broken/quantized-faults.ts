import { itemAt, type Tensor, toNumbers } from '@ghostc/ir';
import { intsOf } from '@ghostc/ops';
import type { Rows } from './broken-runtime.ts';
import { type Call, mapped } from './broken-runtime.ts';
import { output, withAttrs } from './faults.ts';

const f32 = Math.fround;

export const quantizedRows: Rows = [
  [
    'zero point of x ignored',
    'dequantize_linear|qlinear_conv2d|qlinear_fully_connected|qlinear_matmul',
    (call) => {
      const [x, ...rest] = call.inputs;
      return x?.quant
        ? call.run({
            inputs: [{ ...x, quant: { ...x.quant, zeroPoint: x.quant.zeroPoint.map(() => 0) } }, ...rest],
          })
        : undefined;
    },
  ],
  [
    'scale of channel 0 for all',
    'dequantize_linear',
    (call) => {
      const [x] = call.inputs;
      return x?.quant
        ? call.run({
            inputs: [{ ...x, quant: { ...x.quant, scale: x.quant.scale.map(() => x.quant?.scale[0] ?? 1) } }],
          })
        : undefined;
    },
  ],
  [
    'scale of channel 0 for all weights',
    'qlinear_conv2d|qlinear_depthwise_conv2d|qlinear_fully_connected',
    (call) => {
      const [x, w, ...rest] = call.inputs;
      return w?.quant
        ? call.run({
            inputs: [
              x ?? null,
              { ...w, quant: { ...w.quant, scale: w.quant.scale.map(() => w.quant?.scale[0] ?? 1) } },
              ...rest,
            ],
          })
        : undefined;
    },
  ],
  [
    'axis of dequantisation ignored',
    'dequantize_linear',
    (call) => {
      const [x] = call.inputs;
      return x?.quant?.axis
        ? [
            mapped(itemAt(call.run(), 0), (_, at) => {
              const q = x.quant;
              const i = at % (q?.scale.length ?? 1);
              return f32((Number(toNumbers(x)[at]) - (q?.zeroPoint[i] ?? 0)) * f32(q?.scale[i] ?? 1));
            }),
          ]
        : undefined;
    },
  ],
  ['saturation missing', 'quantize_linear', (call) => quantizedBy(call, (v) => v)],
  [
    'halves away from zero',
    'quantize_linear',
    (call) => quantizedBy(call, undefined, (v) => Math.sign(v) * Math.floor(Math.abs(v) + 0.5)),
  ],
  ['quantising truncates', 'quantize_linear', (call) => quantizedBy(call, undefined, Math.trunc)],
  ['rounding of requantisation up', 'requantize', output((v, at) => (at % 7 === 3 ? v + 1 : v))],
  ['clamp ignored', 'qlinear_add|qlinear_conv2d', withAttrs(() => ({ clamp: [-128, 127] }))],
  [
    'padding is 0 instead of the zero point',
    'qlinear_conv2d|qlinear_depthwise_conv2d',
    (call) => {
      const [x, ...rest] = call.inputs;
      return x?.quant && intsOf(call.attrs, 'pads').some(Boolean) ? padsAsZero(call, x, rest) : undefined;
    },
  ],
];

function padsAsZero(call: Call, x: Tensor, rest: readonly (Tensor | null)[]): readonly Tensor[] {
  const narrow = { ...x, quant: { ...x.quant, zeroPoint: [0], scale: x.quant?.scale ?? [1] } };
  const edge = itemAt(call.run({ inputs: [narrow, ...rest] }), 0);
  return [
    mapped(itemAt(call.run(), 0), (v, at) =>
      at % (edge.shape.at(-1) ?? 1) === 0 ? Number(toNumbers(edge)[at]) : v,
    ),
  ];
}

function quantizedBy(
  call: Call,
  hold?: (v: number) => number,
  round?: (v: number) => number,
): readonly Tensor[] | undefined {
  const [x] = call.inputs;
  const [y] = call.run();
  const { y_scale: scale, y_zero_point: zero } = call.attrs;
  if (!x || !y || typeof scale !== 'number' || (y.dtype !== 'i8' && y.dtype !== 'u8')) return undefined;
  const [low, high] = y.dtype === 'i8' ? [-128, 127] : [0, 255];
  const nearest = (v: number): number => (Math.abs(v % 1) === 0.5 ? 2 * Math.round(v / 2) : Math.round(v));
  const held = hold ?? ((v: number) => Math.max(low, Math.min(high, v)));
  return [
    mapped(y, (_, at) => held((round ?? nearest)(Number(toNumbers(x)[at]) / scale) + Number(zero ?? 0))),
  ];
}
