import { parseGraph } from '@ghostc/ir';
import { registry } from '@ghostc/ops';
import { expect, test } from 'vitest';
import { emitWgsl } from '../emit-wgsl.ts';
import { planWgsl } from '../plan-wgsl.ts';

const Q = 'y_scale=0.1';
const head = `graph @g(%x: i8[1,8,8,8] quant(0.1:0), %r: i8[1,16,8,8] quant(0.1:0))
  const %w: i8[8,8,1,1] quant(0.1:0) = random(1)
  const %v: i8[16,8,1,1] quant(0.1:0) = random(4)
  const %c: i8[8,1,3,3] quant(0.1:0) = random(2)
  const %d: i8[16,1,3,3] quant(0.1:0) = random(3)
  const %g: i8[16,16] quant(0.1:0) = random(5)`;
const depthwise = (x: string, w: string): string =>
  `qlinear_depthwise_conv2d %${x}, %${w} {pads=[1,1,1,1], ${Q}}`;

/** Names of the nodes of each dispatch. */
function dispatches(body: readonly string[], start = head): string[] {
  const lines = body.map((line) =>
    line.startsWith('return') ? line : `${line} from "${line.split(' ')[0]}"`,
  );
  const graph = parseGraph(`${start}\n  ${lines.join('\n  ')}`, { registry });
  const { manifest } = emitWgsl(planWgsl(graph), { name: 'g' });
  return manifest.dispatches.map(({ label }) => label.replace(/\w+ %/g, ''));
}

const ghost = [`%p = qlinear_conv2d %x, %w {${Q}}`, `%q = ${depthwise('p', 'c')}`, '%y = concat %p, %q'];

test('a Ghost module, its residual and a depthwise layer after it are one dispatch', () => {
  expect(
    dispatches([...ghost, `%s = qlinear_add %y, %r {${Q}}`, `%t = ${depthwise('s', 'd')}`, 'return %t']),
  ).toEqual(['p | q | s | t']);
});

test('a residual that has to be computed comes first', () => {
  const shortcut = `%z = qlinear_conv2d %x, %v {${Q}}`;
  expect(dispatches([...ghost, shortcut, `%s = qlinear_add %y, %z {${Q}}`, 'return %s'])).toEqual([
    'z',
    'p | q | s',
  ]);
});

test('what needs all channels begins a chain of its own', () => {
  const mixed = `%z = qlinear_conv2d %q, %v {${Q}}`;
  expect(dispatches([...ghost, mixed, `%s = qlinear_add %y, %z {${Q}}`, 'return %s'])).toEqual([
    'p | q',
    'z | s',
  ]);
});

test('a chain that would need another one that needs it is not made', () => {
  const found = dispatches([
    `%a = qlinear_conv2d %x, %w {${Q}}`,
    `%b = qlinear_conv2d %x, %w {${Q}}`,
    `%b2 = ${depthwise('b', 'c')}`,
    `%a2 = qlinear_add %a, %b2 {${Q}}`,
    `%a3 = ${depthwise('a2', 'c')}`,
    `%a4 = ${depthwise('a3', 'c')}`,
    `%a5 = ${depthwise('a4', 'c')}`,
    `%b3 = qlinear_add %b2, %a {${Q}}`,
    'return %a5, %b3',
  ]);
  expect(found).toEqual(['b', 'b2', 'a | a2 | a3 | a4 | a5', 'b3']);
});

test('a batch, large planes, few channels and parts that share words stay apart', () => {
  const apart = (start: string): string[] => dispatches([...ghost.slice(0, 2), 'return %q'], start);
  expect(apart(head)).toEqual(['p | q']);
  expect(apart(head.replace('x: i8[1,8,8,8]', 'x: i8[2,8,8,8]'))).toEqual(['p', 'q']);
  expect(apart(head.replace('x: i8[1,8,8,8]', 'x: i8[1,8,64,64]'))).toEqual(['p', 'q']);
  const few = head.replace('w: i8[8,8', 'w: i8[4,8').replace('c: i8[8', 'c: i8[4');
  expect(apart(few)).toEqual(['p', 'q']);
});

test('a vector that is broadcast along lines needs all channels', () => {
  const square = head
    .replace('%x: i8[1,8,8,8]', '%x: i8[1,8,3,3]')
    .replace('%r: i8[1,16,8,8]', '%r: i8[1,8,8,8]');
  const pooled = [
    `%p = qlinear_conv2d %x, %w {${Q}}`,
    `%m = qlinear_global_average_pool %p {${Q}}`,
    '%f = reshape %m {shape=[1,8]}',
    `%y = qlinear_mul %r, %f {${Q}}`,
    'return %y',
  ];
  expect(dispatches(pooled, square)).toEqual(['p | m', 'y']);
});

test('a gate is one workgroup', () => {
  const gate = [
    `%m = qlinear_global_average_pool %r {${Q}}`,
    '%f = reshape %m {shape=[1,16]}',
    `%u = qlinear_fully_connected %f, %g {${Q}}`,
    `%w2 = qlinear_fully_connected %u, %g {${Q}}`,
    '%o = reshape %w2 {shape=[1,16,1,1]}',
    `%y = qlinear_mul %r, %o {${Q}}`,
    'return %y',
  ];
  expect(dispatches(gate)).toEqual(['m | u | w2', 'y']);
});
