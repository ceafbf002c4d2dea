import { suite } from '../suite.ts';

const unary = (shape: string, node: string): string =>
  `graph @move(%x: f32[${shape}])\n  %y = ${node}\n  return %y`;

export const movementSuite = suite(
  'movement',
  {
    'concat-channels':
      'graph @move(%a: f32[1,3,4,4], %b: f32[1,5,4,4])\n  %p = relu %a\n  %q = neg %b\n  %y = concat %p, %q\n  return %y',
    'concat-inputs': 'graph @move(%a: f32[1,3,4,4], %b: f32[1,5,4,4])\n  %y = concat %a, %b\n  return %y',
    'concat-batch':
      'graph @move(%a: f32[2,3,4,4], %b: f32[2,5,4,4])\n  %p = relu %a\n  %y = concat %p, %b\n  return %y',
    'concat-last-axis':
      'graph @move(%a: f32[2,3], %b: f32[2,4])\n  %y = concat %a, %b {axis=-1}\n  return %y',
    'concat-twice-the-same':
      'graph @move(%a: f32[1,3,2,2])\n  %p = relu %a\n  %y = concat %p, %p\n  return %y',
    'concat-part-also-output':
      'graph @move(%a: f32[1,3,2,2])\n  %p = relu %a\n  %q = neg %p\n  %y = concat %p, %q\n  return %p, %y',
    'concat-nested':
      'graph @move(%a: f32[1,3,2,2])\n  %p = relu %a\n  %q = neg %a\n  %c = concat %p, %q\n  %r = abs %a\n  %y = concat %c, %r\n  return %y',
    slice: unary('1,8,5,5', 'slice %x {starts=[2], ends=[7], axes=[1]}'),
    'slice-steps': unary('2,9,7', 'slice %x {starts=[8,1], ends=[-100,6], axes=[1,2], steps=[-2,3]}'),
    'pad-constant': unary('1,2,3,4', 'pad %x {pads=[0,1,2,0,0,0,1,3], value=0.5}'),
    'pad-reflect': unary('1,2,4,5', 'pad %x {pads=[0,0,2,1,0,0,1,3], mode="reflect"}'),
    'pad-edge': unary('1,2,4,5', 'pad %x {pads=[0,0,2,1,0,0,1,3], mode="edge"}'),
    reshape: unary('1,8,3,2', 'reshape %x {shape=[2,-1]}'),
    'reshape-of-relu':
      'graph @move(%x: f32[1,8,1,1])\n  %r = relu %x\n  %y = reshape %r {shape=[1,8]}\n  return %y',
    'transpose-nhwc': unary('1,3,4,5', 'transpose %x {perm=[0,2,3,1]}'),
    'transpose-3d': unary('2,3,4', 'transpose %x {perm=[2,0,1]}'),
    'resize-nearest': unary(
      '1,3,4,5',
      'resize %x {sizes=[1,3,8,10], coordinate_transformation_mode="asymmetric", nearest_mode="floor"}',
    ),
    'resize-nearest-odd': unary('1,3,4,5', 'resize %x {sizes=[1,3,7,3]}'),
  },
  { exact: true },
);
