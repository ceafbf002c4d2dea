import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CompileCOptions, compileC } from '@ghostc/compiler';
import { caseGraph, joinCases, quantizedSuites, suite, suites } from '@ghostc/conformance';
import { attempt, dtypes, type Graph, parseGraph } from '@ghostc/ir';
import { readOnnx } from '@ghostc/onnx';
import { registry } from '@ghostc/ops';
import { afterAll, describe, expect, test } from 'vitest';
import { onPath } from '../process/on-path.ts';
import { skipWithout, type Tool } from '../process/require-tool.ts';
import { runProcess } from '../process/run-process.ts';
import { fixtures, readFixture, seededInt8 } from '../testing/fixture-models.ts';
import { inTurn, testTurn } from '../testing/turn.ts';
import { cDevice } from './c-device.ts';

const LIMIT = { timeout: 600_000 };
const folder = mkdtempSync(join(tmpdir(), 'ghostc-warnings-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const warnings = [
  '-Wall',
  '-Wextra',
  '-Wconversion',
  '-pedantic',
  '-Wshadow',
  '-Wdouble-promotion',
  '-Werror',
];
const clang: Tool = { name: 'clang', found: () => onPath('clang'), packages: { apt: ['clang'] } };

/** Every op on every element type; what a type does not have is refused. */
const everyType = dtypes.flatMap((dtype) => {
  const [x, y] = [`%x: ${dtype}[2,3,4,4]`, `%y: ${dtype}[2,3,4,4]`];
  const body = (line: string, inputs = x) => `graph @g(${inputs})\n%r = ${line}\nreturn %r`;
  return [
    ...['add', 'sub', 'mul', 'div', 'mod', 'pow', 'min', 'max', 'equal', 'less', 'greater'].map((op) =>
      body(`${op} %x, %y`, `${x}, ${y}`),
    ),
    ...['and', 'or', 'xor', 'bitwise_and'].map((op) => body(`${op} %x, %y`, `${x}, ${y}`)),
    ...[
      'relu',
      'neg',
      'abs',
      'sign',
      'sqrt',
      'exp',
      'log',
      'erf',
      'sigmoid',
      'tanh',
      'floor',
      'round',
      'not',
    ].map((op) => body(`${op} %x`)),
    ...dtypes.map((to) => body(`cast %x {to="${to}"}`)),
    body('reduce_sum %x {axes=[1,2]}'),
    body('reduce_max %x {axes=[3]}'),
    body('arg_max %x {axis=1}'),
    body('softmax %x {axis=1}'),
    body('transpose %x {perm=[0,2,3,1]}'),
    body('concat %x, %y {axis=1}', `${x}, ${y}`),
    body('matmul %x, %y', `${x}, ${y}`),
    body('max_pool %x {kernel_shape=[2,2]}'),
    body('where %c, %x, %y', `%c: bool[2,3,4,4], ${x}, ${y}`),
    body('gather %x, %i {axis=1}', `${x}, %i: i64[2]`),
    body('cumsum %x {axis=1}'),
    body('top_k %x {axis=1, k=2}'),
  ];
});

const parsed = (text: string): Graph | undefined =>
  attempt(() => parseGraph(text, { registry })) ?? undefined;
const small = [...suites, ...quantizedSuites].flatMap(({ cases }) => cases.map(({ text }) => text));
const cases = join(fixtures, '../cases');
const modules = ['ghost_bottleneck_s2_se', 'ghost_bottleneck_s1', 'ghost_module_ratio3_odd61'];

const compiles = (text: string): boolean =>
  attempt(() => compileC(parseGraph(text, { registry }), { weights: 'c' })) !== null;
/** Programs of a hundred cases each: what all programs begin with is read once. */
const textGraphs = (): Graph[] => {
  const texts = [...small, ...everyType.filter(compiles)];
  expect(texts.length).toBeGreaterThan(1000);
  const hundreds = Array.from({ length: Math.ceil(texts.length / 100) }, (_, i) =>
    Object.fromEntries(texts.slice(100 * i, 100 * (i + 1)).map((text, k) => [`c${k}`, text])),
  );
  return hundreds.map((some) => caseGraph(joinCases(suite('cases', some))));
};
const caseGraphs = (): Graph[] =>
  readdirSync(cases).flatMap((name) => {
    if (/^(hostile|slow)-|\.\w+$/.test(name)) return [];
    const bytes = readFileSync(join(cases, name, 'model.onnx'));
    return attempt(() => readOnnx(bytes, { file: name })) ?? [];
  });
const moduleGraphs = (): Graph[] =>
  modules.flatMap((name) => {
    const model = readFixture(join(fixtures, 'modules', name), 28);
    return [model, seededInt8(model).graph];
  });

/** Without a self-test if there is none, as for inputs of f16. */
const compiled = (graph: Graph, options: CompileCOptions) =>
  attempt(() => compileC(graph, options)) ?? attempt(() => compileC(graph, { ...options, selfTest: false }));

/** Programs with the options, as one translation unit, so that two models may be in one, too; gives how many. */
function writeUnit(name: string, graphs: readonly Graph[], options: CompileCOptions): number {
  mkdirSync(join(folder, name), { recursive: true });
  const programs = graphs.flatMap(
    (graph, i) => compiled(graph, { weights: 'c', ...options, name: `p${i}` }) ?? [],
  );
  const files = programs.flatMap((program) => [...program.files]);
  for (const [file, content] of files) writeFileSync(join(folder, name, file), content);
  const sources = files.map(([file]) => file).filter((file) => file.endsWith('.c'));
  const includes = sources.map((file) => `#include "${file}"\n`);
  writeFileSync(join(folder, name, 'all.c'), includes.join(''));
  return programs.length;
}

async function problems(language: string, name: string, sources: readonly string[]): Promise<string> {
  const [command = '', ...flags] = language.split(' ');
  const args = [...warnings, ...flags, '-fsyntax-only', ...sources];
  return runProcess(command, args, { cwd: join(folder, name), timeout: 500 }).then(
    String,
    (error: Error) => error.message,
  );
}

/** Each compiler at one end of the standards: the oldest where it is strict about new forms, the newest where it warns most. */
const ends = ['gcc -std=c99', 'clang -std=c2x'];
/** By turns: what only C++ says is little. */
const cppEnd = inTurn('c++', ['g++ -std=c++20', 'clang++ -std=c++11']);
/** The other end of each, and a standard between them by one of the two. */
const others = ['gcc -std=c2x', 'gcc -std=c11', 'clang -std=c99', 'clang -std=c17'];
const cppOthers = ['g++ -std=c++11', 'g++ -std=c++17', 'clang++ -std=c++20', 'clang++ -std=c++14'];
const cpp = (language: string) => `${language} -x c++`;

describe('every kernel of the host, all in one translation unit', () => {
  const write = once(() => {
    const graphs = [...textGraphs(), ...moduleGraphs()];
    expect(writeUnit('host', graphs, { selfTest: true })).toBe(graphs.length);
  });
  test.for([...ends, cpp(cppEnd)])(`%s (GHOSTC_TURN=${testTurn()})`, LIMIT, async (language, context) => {
    skipWithout([...cDevice('host').tools, clang], 'c', context);
    write();
    expect(await problems(language, 'host', ['all.c'])).toBe('');
  });

  test('clang -std=c2x on hundreds of models', LIMIT, async (context) => {
    skipWithout([...cDevice('host').tools, clang], 'c', context);
    expect(writeUnit('models', caseGraphs(), { selfTest: true })).toBeGreaterThan(300);
    expect(await problems('clang -std=c2x', 'models', ['all.c'])).toBe('');
  });
});

describe('every option, and every other standard', () => {
  const options: Readonly<Record<string, CompileCOptions>> = {
    arena: { io: 'arena', selfTest: true },
    external: { weights: 'external', selfTest: true },
    bands: { maxRam: 24 * 1024 },
    portable: { kernels: 'portable', device: 'rv32' },
  };
  const write = once(() => {
    for (const [name, one] of Object.entries(options))
      expect(writeUnit(name, moduleGraphs(), one), name).toBeGreaterThan(1);
  });
  test.for(Object.keys(options))(`%s (GHOSTC_TURN=${testTurn()})`, LIMIT, async (name, context) => {
    skipWithout([...cDevice('host').tools, clang], 'c', context);
    write();
    for (const language of ['gcc -std=c99', inTurn(name, ['clang -std=c2x', 'clang++ -std=c++20 -x c++'])])
      expect({ language, found: await problems(language, name, ['all.c']) }).toEqual({ language, found: '' });
  });
  test('the other standards, and each file for itself', LIMIT, async (context) => {
    skipWithout([...cDevice('host').tools, clang], 'c', context);
    write();
    // the first module, in float and in int8
    const files = readdirSync(join(folder, 'arena')).filter((file) => /^p[01]\D*\.c$/.test(file));
    for (const language of [...others, ...cppOthers.map(cpp)])
      expect({ language, found: await problems(language, 'arena', files) }).toEqual({ language, found: '' });
  });
});

/** Unrolled kernels use short names again in inner blocks. */
const reused = '-Wno-shadow';

const withAssembly = ['cortex-m0plus', 'cortex-m4', 'cortex-m7', 'cortex-m55', 'rv32'] as const;

describe('integer kernels of microcontrollers', () => {
  test.for(withAssembly)(`%s (GHOSTC_TURN=${testTurn()})`, LIMIT, async (name, context) => {
    const { tools, compiler, flags } = cDevice(name);
    skipWithout(tools, name, context);
    const texts = quantizedSuites.flatMap(({ cases: own }) => own.map(({ text }) => text));
    const graphs = [...texts.flatMap((text) => parsed(text) ?? []), ...moduleGraphs()];
    expect(writeUnit(name, graphs, { device: name })).toBeGreaterThan(20);
    const cc = [compiler, ...flags].join(' ');
    for (const more of ['', ...(inTurn('pic', withAssembly) === name ? [' -fPIC'] : [])])
      expect(await problems(`${cc} -std=c99 ${reused}${more}`, name, ['all.c']), more).toBe('');
  });
});

test('--no-unaligned insists on what it says', async (context) => {
  const { tools, compiler, flags } = cDevice('cortex-m4');
  skipWithout(tools, 'cortex-m4', context);
  const [, graph] = moduleGraphs();
  writeUnit('aligned', [graph as Graph], { device: 'cortex-m4', noUnaligned: true });
  const cc = [compiler, ...flags, '-std=c99'].join(' ');
  expect(await problems(cc, 'aligned', ['p0.c'])).toContain('add -mno-unaligned-access');
  expect(await problems(`${cc} -mno-unaligned-access`, 'aligned', ['p0.c'])).toBe('');
});

function once(task: () => void): () => void {
  let done = false;
  return () => {
    if (!done) task();
    done = true;
  };
}
