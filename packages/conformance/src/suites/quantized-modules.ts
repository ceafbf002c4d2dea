import { suite } from '../suite.ts';
import { exact, scales, XQ } from './quantized-layers.ts';

/** Layers that C kernels may compute in place; planes of equal and of decreasing size. */
function chain(height: number, width: number): string {
  const pads = 'pads=[1,1,1,1]';
  return `graph @chain(%x: i8[1,8,${height},${width}] ${XQ})
  const %w1: i8[8,8,3,3] quant(axis=0, ${scales(8)}) = random(1)
  const %w2: i8[8,1,3,3] quant(axis=0, ${scales(8)}) = random(2)
  const %w3: i8[6,8,1,1] quant(axis=0, ${scales(6)}) = random(3)
  const %w4: i8[6,1,5,5] quant(axis=0, ${scales(6)}) = random(4)
  const %w5: i8[5,6,3,3] quant(axis=0, ${scales(5)}) = random(5)
  %a = qlinear_conv2d %x, %w1 {y_scale=0.3, y_zero_point=-9, ${pads}}
  %b = qlinear_conv2d %a, %w1 {y_scale=1.7, y_zero_point=11, ${pads}}
  %c = qlinear_depthwise_conv2d %b, %w2 {y_scale=5.1, y_zero_point=-2, ${pads}}
  %d = qlinear_conv2d %c, %w3 {y_scale=12.0, y_zero_point=3}
  %e = qlinear_conv2d %d, %w5 {y_scale=66.0, y_zero_point=5, pads=[2,2,2,2], dilations=[2,2]}
  %f = qlinear_depthwise_conv2d %d, %w4 {y_scale=70.0, y_zero_point=1, pads=[2,2,2,2], strides=[2,2]}
  return %e, %f`;
}

/** Ghost modules and squeeze-and-excite as the quantiser writes them, with float at both ends; chains of layers. */
export const quantizedModuleSuite = suite(
  'quantized_module',
  {
    'depthwise-in-place': `graph @chain(%x: i8[1,6,13,11] quant(0.05:-3))
  const %pw: i8[6,6,1,1] quant(axis=0, ${scales(6)}) = random(1)
  const %d3: i8[6,1,3,3] quant(axis=0, ${scales(6)}) = random(2)
  const %d5: i8[6,1,5,5] quant(axis=0, ${scales(6)}) = random(3)
  %0 = qlinear_conv2d %x, %pw {y_scale=0.05, y_zero_point=4}
  %1 = qlinear_depthwise_conv2d %0, %d3 {y_scale=0.05, y_zero_point=-7, pads=[1,1,1,1]}
  %2 = qlinear_depthwise_conv2d %1, %d5 {y_scale=0.05, y_zero_point=9, pads=[2,2,2,2], strides=[2,2]}
  %3 = qlinear_depthwise_conv2d %2, %d3 {y_scale=0.05, y_zero_point=0, pads=[1,1,1,1]}
  %y = qlinear_conv2d %3, %pw {y_scale=0.1, y_zero_point=0}
  return %y`,
    ghost: `graph @ghost(%x: f32[1,8,9,9])
  const %pw: i8[6,8,1,1] quant(axis=0, ${scales(6)}) = random(1)
  const %pb: i32[6] = random(2)
  const %dw: i8[6,1,3,3] quant(axis=0, ${scales(6)}) = random(3)
  %q = quantize_linear %x {y_scale=0.008, y_zero_point=-1}
  %p = qlinear_conv2d %q, %pw, %pb {y_scale=0.02, y_zero_point=-128, clamp=[-128, 127]}
  %c = qlinear_depthwise_conv2d %p, %dw {y_scale=0.02, y_zero_point=-128, pads=[1,1,1,1]}
  %g = concat %p, %c
  %y = dequantize_linear %g
  return %y`,
    'squeeze-excite': `graph @se(%x: f32[1,12,5,5])
  const %w1: i8[4,12,1,1] quant(axis=0, ${scales(4)}) = random(1)
  const %w2: i8[12,4,1,1] quant(axis=0, ${scales(12)}) = random(3)
  const %hard_sigmoid: i8[256] quant(1:0) = random(4)
  %q = quantize_linear %x {y_scale=0.008}
  %m = qlinear_global_average_pool %q {y_scale=0.004, y_zero_point=3}
  %a = qlinear_conv2d %m, %w1 {y_scale=0.02, y_zero_point=-128}
  %b = qlinear_conv2d %a, %w2 {y_scale=0.05}
  %s = qlinear_lookup %b, %hard_sigmoid {y_scale=0.0039, y_zero_point=-128}
  %z = qlinear_mul %q, %s {y_scale=0.006}
  %y = dequantize_linear %z
  return %y, %z`,
    residual: `graph @residual(%x: i8[1,6,5,5] quant(0.02:3))
  const %w: i8[6,6,1,1] quant(axis=0, ${scales(6)}) = random(1)
  %p = qlinear_conv2d %x, %w {y_scale=0.04, y_zero_point=1}
  %s = qlinear_add %p, %x {y_scale=0.05, y_zero_point=-4}
  %t = qlinear_add %s, %s {y_scale=0.09}
  return %t`,
    bottleneck: `graph @bottleneck(%x: i8[1,10,7,7] ${XQ}, %r: i8[1,24,7,7] quant(0.3:2))
  const %pw: i8[12,10,1,1] quant(axis=0, ${scales(12)}) = random(1)
  const %dw: i8[12,1,3,3] quant(axis=0, ${scales(12)}) = random(2)
  const %sw: i8[24,1,5,5] quant(axis=0, ${scales(24)}) = random(3)
  %p = qlinear_conv2d %x, %pw {y_scale=0.3, y_zero_point=-5}
  %c = qlinear_depthwise_conv2d %p, %dw {y_scale=0.3, y_zero_point=-5, pads=[1,1,1,1]}
  %g = concat %p, %c
  %s = qlinear_add %g, %r {y_scale=0.5, y_zero_point=4}
  %d = qlinear_depthwise_conv2d %s, %sw {y_scale=3.1, pads=[2,2,2,2], strides=[2,2]}
  %m = qlinear_global_average_pool %s {y_scale=0.2}
  return %d, %m`,
    'ratio-3': `graph @ratio(%x: u8[1,5,12,14] quant(0.05:7), %f: i8[1,18,1,1] quant(0.02:-4))
  const %pw: i8[6,5,1,1] quant(axis=0, ${scales(6)}) = random(1)
  const %dw: i8[12,1,3,3] quant(axis=0, ${scales(12)}) = random(2)
  %p = qlinear_conv2d %x, %pw {y_scale=0.2, y_zero_point=-8}
  %c = qlinear_depthwise_conv2d %p, %dw {y_scale=0.2, y_zero_point=-8, pads=[1,1,1,1], multiplier=2}
  %g = concat %p, %c
  %y = qlinear_mul %g, %f {y_scale=0.1, y_zero_point=9}
  return %y`,
    chain: chain(8, 12),
    'chain-odd': chain(7, 5),
    'chain-wide': chain(5, 37),
    'mixed-float': `graph @mixed(%x: f32[1,4,6,6])
  const %w: i8[5,4,3,3] quant(axis=0, ${scales(5)}) = random(1)
  %q = quantize_linear %x {y_scale=0.008}
  %p = qlinear_conv2d %q, %w {y_scale=0.04, y_zero_point=1, pads=[1,1,1,1]}
  %d = dequantize_linear %p
  %e = relu %d
  %y = quantize_linear %e {y_scale=0.9, rounding="single"}
  return %y`,
    'int8-to-int16': `graph @mixed(%x: i8[1,4,6,6] quant(0.02:3))
  const %w: i8[5,4,3,3] quant(axis=0, ${scales(5)}) = random(1)
  const %b: i64[5] = [1, -2, 3, -4, 500000]
  %h = requantize %x {y_scale=0.0001, y_dtype="i16"}
  %p = qlinear_conv2d %h, %w, %b {y_scale=0.0004, y_dtype="i16", pads=[1,1,1,1], clamp=[0, 32767]}
  %y = requantize %p {y_scale=0.06, y_zero_point=-100}
  return %y`,
  },
  exact,
);
