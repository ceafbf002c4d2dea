import { expect, test } from 'vitest';
import type { CompileError } from './compile-error.ts';
import { type ParseOptions, parseGraph } from './parse-graph.ts';
import { printGraph } from './print-graph.ts';
import { randomTensor } from './random-tensor.ts';
import { f32, toNumbers } from './tensor.ts';
import { toyRegistry } from './toy-registry.ts';

const registry = toyRegistry;

/** `code line:column: detail` of the error. */
function complaint(text: string, options: ParseOptions = { registry }): string {
  try {
    parseGraph(text, options);
  } catch (error) {
    const { code, detail, location } = error as CompileError;
    return `${code} ${location.line}:${location.column}: ${detail}`;
  }
  return 'fine';
}

const body = (lines: string): string => `graph @g(%x: f32[2,n])\n${lines}\n  return %x\n`;

function constant(text: string): number[] {
  const [value] = [...parseGraph(`graph @g()\n const %k: ${text}\n return %k`).constants];
  return value?.constant ? Array.from(toNumbers(value.constant), Number) : [];
}

test('result types may be left out', () => {
  const graph = parseGraph(
    `# a comment
graph (%x : f32[ 2 , n ],
       %y: f32[2,n+1])   # the name defaults to main
  %0 = scale %x{by=2}
  %1 = scale %0, _, %y { mode = "down" , steps=[] }
  %2, %3 = pair %1\r
  return %2, %3 as "out"`,
    { registry },
  );
  expect(printGraph(graph).text).toBe(`graph @main(%x: f32[2,n], %y: f32[2,n+1])
  %0 = scale %x {by=2} : f32[2,n+2]
  %1 = scale %0, _, %y {mode="down", steps=[]} : f32[2,n+3]
  %2, %3 = pair %1 : f32[2,n+3], f32[2,n+3]
  return %2, %3 as "out"
`);
});

test('stated types are trusted', () => {
  const graph = parseGraph(body('  %0 = relu %x : i8[7]'), { registry });
  expect(graph.first?.output.type).toEqual({ dtype: 'i8', shape: [7] });
});

test('random constants are those of randomTensor', () => {
  expect(constant('f32[3] = random(7)')).toEqual(
    Array.from(randomTensor({ dtype: 'f32', shape: [3] }, 7).data, Number),
  );
  expect(constant('f32[3] = random(-1)')).not.toEqual(constant('f32[3] = random(1)'));
});

test('elements are rounded to the type', () => {
  expect(constant('f32[2] = [0.1, 1e-46]')).toEqual([Math.fround(0.1), 0]);
  expect(constant('f16[3] = [0.1, 65520, -inf]')).toEqual([
    0.0999755859375,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
  ]);
  expect(constant('f64[2] = [nan, .5]')).toEqual([Number.NaN, 0.5]);
  expect(constant('u64[1] = [18446744073709551615]')).toEqual([2 ** 64]);
});

test('a quantised constant keeps its scale, a resource takes the stated one', () => {
  const q = {
    dtype: 'i8' as const,
    shape: [1],
    data: new Int8Array(1),
    quant: { scale: [9], zeroPoint: [9] },
  };
  const graph = parseGraph(
    'graph @g()\n const %k: i8[1] quant(0.5:-3) = resource "k"\n const %l: i8[1] = resource "k"\n return',
    {
      resources: new Map([['k', q]]),
    },
  );
  const [k, l] = [...graph.constants];
  expect(k?.constant?.quant).toEqual({ scale: [0.5], zeroPoint: [-3] });
  expect(l?.constant?.quant).toBeUndefined();
  expect(l?.type.quant).toBeUndefined();
});

test('attributes called like members of Object are attributes', () => {
  const node = parseGraph(body('  %0 = f {__proto__=1, toString="a"} : f32[]')).first;
  expect(Object.entries(node?.attrs ?? {})).toEqual([
    ['__proto__', 1],
    ['toString', 'a'],
  ]);
});

test.each([
  ['', 'parse/syntax 1:1: expected graph, found the end of the text'],
  ['graph @g(', 'parse/syntax 1:10: expected a name, found the end of the text'],
  ['graph @g(%x: f32[1],)\n return', 'parse/syntax 1:21: expected a name, found )'],
  ['graph @g()\n', 'parse/syntax 2:1: expected const, a node or return, found the end of the text'],
  ['graph @g()\n return %x', 'parse/unknown-value 2:9: %x is not defined'],
  ['graph @g()\n return _', 'parse/syntax 2:9: expected the end of the graph, found _'],
  ['graph @g()\n return 1', 'parse/syntax 2:9: expected the end of the graph, found 1'],
  [`${body('')}graph`, 'parse/syntax 4:1: expected the end of the graph, found graph'],
  ['graph @g(%x: f32[1])\n return %x,', 'parse/syntax 2:12: expected a name, found the end of the text'],
  ['graph @g(%x: f32[1])\n return %x, _', 'parse/syntax 2:13: expected a name, found _'],
  ['graph @g(%x: f32[1])\n return %x, %x', 'parse/duplicate 2:13: two outputs are called "x"'],
  ['graph @g(%x: f32[1], %x: f32[1])\n return', 'parse/duplicate 1:22: %x is defined twice'],
  ['graph @g(%: f32[1])\n return', 'parse/syntax 1:11: expected a name after %'],
  ['graph @g(%"": f32[1])\n return', 'parse/syntax 1:13: expected a name after %'],
  ['graph @g(%"x: f32[1])\n return', 'parse/syntax 1:11: expected a JSON string, closed on the same line'],
  ['graph @g(%"a\n"', 'parse/syntax 1:11: expected a JSON string, closed on the same line'],
  ['graph @g(%"\\x": f32[1])', 'parse/syntax 1:11: expected a JSON string, closed on the same line'],
])('%j: %s', (text, expected) => {
  expect(complaint(text)).toBe(expected);
});

test.each([
  ['f33[1]', 'parse/type 1:14: there is no element type f33'],
  ['toString[1]', 'parse/type 1:14: there is no element type toString'],
  ['f32', 'parse/syntax 1:17: expected [ after f32, found )'],
  ['f32"["1]', 'parse/syntax 1:17: expected [ after f32, found "["'],
  ['f32[1,]', 'parse/type 1:20: expected a dimension'],
  ['f32[-1]', 'parse/type 1:20: -1 is no dimension'],
  ['f32[1.5]', 'parse/type 1:21: 1.5 is no dimension'],
  ['f32[1e5]', 'parse/type 1:21: 1e5 is no dimension'],
  ['f32[9007199254740992]', 'parse/type 1:34: dimension 9007199254740992 is too large'],
  ['f32[1 2]', 'parse/syntax 1:20: expected ] after the dimensions'],
  ['f32[[1]]', 'parse/type 1:18: expected a dimension'],
  ['i8[1] quant()', 'parse/syntax 1:26: expected a number, found )'],
  ['i8[1] quant(1:2,)', 'parse/syntax 1:30: expected a number, found )'],
  ['i8[1] quant(1:0.5)', 'parse/syntax 1:28: expected an integer, found 0.5'],
  ['i8[1] quant(axis=0)', 'parse/syntax 1:32: expected ,, found )'],
  ['i8[1] quant(1:2, axis=0)', 'parse/syntax 1:31: expected a number, found axis'],
])('type %s: %s', (type, expected) => {
  expect(complaint(`graph @g(%x: ${type})\n return`)).toBe(expected);
});

test.each([
  ['f32[2] = [1]', 'parse/element 2:22: expected 2 elements, found 1'],
  ['f32[1] = [1, 2]', 'parse/element 2:26: expected 1 elements, found more'],
  ['f32[1] = [1,]', 'parse/syntax 2:25: expected a number, found ]'],
  ['f32[1] = [true]', 'parse/syntax 2:23: expected a number, found true'],
  ['f32[1] = [1', 'parse/syntax 3:3: expected ], found return'],
  ['f32[n] = [1]', 'parse/type 2:22: a constant expects a fixed shape, found f32[n]'],
  ['i8[1] = [128]', 'parse/element 2:21: i8 expects -128 to 127, found 128'],
  ['u8[1] = [-1]', 'parse/element 2:21: u8 expects 0 to 255, found -1'],
  ['bool[1] = [2]', 'parse/element 2:23: bool expects 0 to 1, found 2'],
  ['i32[1] = [1.5]', 'parse/element 2:22: expected an integer, found 1.5'],
  ['i32[1] = [nan]', 'parse/element 2:22: expected an integer, found nan'],
  [
    'i64[1] = [9223372036854775808]',
    'parse/element 2:22: i64 expects -9223372036854775808 to 9223372036854775807, found 9223372036854775808',
  ],
  ['f32[1] = other(1)', 'parse/syntax 2:22: expected [, resource or random, found other'],
  ['f32[1] = "["1]', 'parse/syntax 2:22: expected [, resource or random, found "["'],
  ['f32[1] = random(0.5)', 'parse/syntax 2:29: expected an integer, found 0.5'],
  ['f32[1] = random(inf)', 'parse/syntax 2:29: expected an integer, found inf'],
  ['f32[1] = resource k', 'parse/syntax 2:31: expected a string, found k'],
  ['f32[1] = resource "k"', 'parse/resource 2:31: there is no resource "k"'],
])('constant %s: %s', (text, expected) => {
  expect(complaint(body(`  const %k: ${text}`))).toBe(expected);
});

test('a resource must have the stated type', () => {
  const resources = new Map([['k', f32([2], [1, 2])]]);
  expect(complaint('graph @g()\n const %k: f32[1] = resource "k"', { resources })).toBe(
    'parse/resource 2:30: resource "k" expects f32[1], found f32[2]',
  );
});

test.each([
  ['%0 = relu', 'verify/arity 2:8: relu takes (x), found 0 inputs'],
  ['%0 = relu %x, %x', 'verify/arity 2:8: relu takes (x), found 2 inputs'],
  ['%0 = relu %y', 'parse/unknown-value 2:13: %y is not defined'],
  ['%0 = relu %x,', 'parse/syntax 3:3: expected a name, found return'],
  ['%0 = relu %0', 'parse/unknown-value 2:13: %0 is not defined'],
  ['%0 = relu %x %x', 'parse/syntax 3:3: expected =, found return'],
  ['%x = relu %x', 'parse/duplicate 2:3: %x is defined twice'],
  ['%0, %0 = pair %x', 'parse/duplicate 2:7: %0 is defined twice'],
  ['%0 = pair %x', 'parse/type 2:8: expected 1 types, found 2'],
  ['%0 = relu %x : f32[1], f32[1]', 'parse/type 2:8: expected 1 types, found 2'],
  ['%0 = sub %x', 'parse/unknown-op 2:8: unknown op sub; its result needs a type'],
  ['%0 relu %x', 'parse/syntax 2:6: expected =, found relu'],
  ['%0 = relu %x {alpha=1}', 'verify/attribute 2:8: relu has no attribute alpha'],
  ['%0 = scale %x {by="a"}', 'verify/attribute 2:8: attribute by of scale expects float, found "a"'],
  ['%0 = scale %x {by=1, by=2}', 'parse/duplicate 2:24: attribute by stands twice'],
  ['%0 = scale %x {by=1,}', 'parse/syntax 2:23: expected a word, found }'],
  ['%0 = scale %x {by}', 'parse/syntax 2:20: expected =, found }'],
  ['%0 = scale %x {by=%true}', 'parse/syntax 2:21: expected a number, a string, true or false, found %true'],
  ['%0 = scale %x {by=[1, "a"]}', 'parse/attribute 2:21: expected a list of numbers or a list of strings'],
  ['%0 = scale %x {by=[true]}', 'parse/attribute 2:21: expected a list of numbers or a list of strings'],
  ['%0 = scale %x {by=[[1]]}', 'parse/syntax 2:22: expected a number, a string, true or false, found ['],
  ['%0 = relu %x from Relu', 'parse/syntax 2:21: expected a string, found Relu'],
  ['%0 = relu %x from "a",', 'parse/syntax 3:3: expected a string, found return'],
])('node %s: %s', (line, expected) => {
  expect(complaint(body(`  ${line}`))).toBe(expected);
});

test('errors name the file, and the op where inference fails', () => {
  const parse = () =>
    parseGraph('graph @g(%x: f32[1])\n  %0 = scale %x {by=-9}\n', { registry, file: 'a.gir' });
  expect(parse).toThrow('error[scale/infer]: by expects at least -1, found -9\n  at a.gir:2:8 > scale');
});

test.each([
  ['one constant', 'const %k: f32[8193,8192] = random(1)'],
  ['an uncountable one', 'const %k: f32[9007199254740991,9007199254740991] = random(1)'],
  ['a literal', 'const %k: f32[67108865] = [1]'],
  ['an overflow with a zero', `const %k: f32[${'9007199254740991,'.repeat(30)}0] = []`],
])('%s of absurd size is refused before any memory is taken', (_, line) => {
  expect(complaint(body(`  ${line}`))).toContain('parse/too-large 2:');
});

test('many constants share one bound', () => {
  const line = (i: number): string => `  const %k${i}: i8[1024,1024,16] = random(1)`;
  const text = body(Array.from({ length: 5 }, (_, i) => line(i)).join('\n'));
  expect(complaint(text)).toContain('parse/too-large 6:');
});

test('a symbolic dimension that grows at every step is stopped', () => {
  const doubling = new Map(registry).set('relu', {
    ...registry.get('relu')!,
    inferTypes: ([x]) => [{ dtype: 'f32', shape: x!.shape.map((dim) => `${dim}+${dim}`) }],
  });
  const lines = Array.from({ length: 60 }, (_, i) => `  %${i} = relu %${i === 0 ? 'x' : i - 1}`);
  const found = complaint(`graph @g(%x: f32[n])\n${lines.join('\n')}\n  return`, { registry: doubling });
  expect(found).toContain('parse/too-large 10:8: a dimension of relu has more than 1000 characters');
});

test.each([
  ['spaces', ' '.repeat(4e6)],
  ['lines', '\n'.repeat(4e6)],
  ['comments', '#\n'.repeat(2e6)],
  ['one long comment', `#${'a'.repeat(4e6)}`],
  ['open brackets', '['.repeat(4e6)],
  ['backslashes', `"${'\\'.repeat(4e6)}`],
  ['escapes in a string', `"${'\\"'.repeat(2e6)}`],
  ['digits', '1'.repeat(4e6)],
  ['a long word', 'a'.repeat(4e6)],
  ['colons', `%${':'.repeat(4e6)}`],
  ['quotes', '"'.repeat(4e6)],
])('4 MB of %s end in an error, soon', (_, junk) => {
  // processor time of this process: the wall clock also counts what others do on the machine
  const start = process.cpuUsage().user;
  for (const before of ['', 'graph @g(%x: f32[', 'graph @g() const %k: f32[1] = [', 'graph @g() %a = f {a=['])
    expect(complaint(before + junk)).toMatch(/^parse\/\w+ \d+:\d+: .{1,120}$/);
  expect((process.cpuUsage().user - start) / 1000).toBeLessThan(5000);
});
