import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { skipWithout, type Tool } from '@ghostc/runtimes';
import { beforeAll, expect, test } from 'vitest';
import type { CaseResult } from './conform/case-result.ts';
import { type ConformReport, conformReport } from './conform/conform-report.ts';
import { bundle, plainEnvironment, startedIn } from './testing/run-ghostc.ts';
import { testFolder } from './testing/test-folder.ts';

const folder = testFolder();
const engine = join(import.meta.dirname, 'testing/broken-engine.mjs');
const ghostc = startedIn(folder, { ...plainEnvironment(), FLAKY_MARK: join(folder, 'tried') });
const read = (name: string): string => readFileSync(join(folder, name), 'utf8');

const named = (report: ConformReport, name: string): CaseResult | undefined =>
  report.cases.find((one) => one.name === `unary/${name}`);

let report: ConformReport;
let exit: number | null;
beforeAll(() => {
  const files = [
    '--json',
    'r.json',
    '--junit',
    'r.xml',
    '--tap',
    'r.tap',
    '--html',
    'r.html',
    '--badge',
    'r.svg',
  ];
  const { status } = ghostc('conform', '--runtime', engine, '--filter', 'unary/', '--timeout', '2', ...files);
  exit = status;
  report = JSON.parse(read('r.json'));
}, 600_000);

test('a segmentation fault, a hang, a late throw, a flaky case and a refusal in one run are all reported', () => {
  expect(exit).toBe(1);
  expect(named(report, 'sqrt')).toMatchObject({ status: 'crash', message: 'died of SIGSEGV' });
  expect(named(report, 'exp')).toMatchObject({ status: 'timeout', message: 'was not done within 2 s' });
  expect(named(report, 'neg')?.status).toBe('error');
  expect(named(report, 'neg')?.message).toMatch(/^threw after it had been asked.*missing is not defined/);
  expect(named(report, 'ceil')).toMatchObject({
    status: 'flaky',
    message: 'error (the device is busy); try 2: pass',
  });
  expect(named(report, 'reciprocal')).toMatchObject({
    status: 'refused',
    message: 'no kernel for Reciprocal',
  });
  expect(named(report, 'tanh')?.status).toBe('fail');
  const odd = ['sqrt', 'exp', 'neg', 'ceil', 'reciprocal', 'tanh'].map((name) => `unary/${name}`);
  for (const one of report.cases.filter(({ name }) => !odd.includes(name)))
    expect(one, one.name).toMatchObject({ status: 'pass' });
  expect(report.problems).toHaveLength(5);
});

test('an engine that dies while it is loaded gives every case that outcome', () => {
  const file = join(folder, 'dies.mjs');
  writeFileSync(file, "process.kill(process.pid, 'SIGSEGV'); export default {};");
  const { status, stdout } = ghostc('conform', '--runtime', file, '--filter', 'unary/c', '--json');
  expect(status).toBe(1);
  const { cases } = JSON.parse(stdout) as ConformReport;
  expect(cases.length).toBeGreaterThan(1);
  for (const one of cases) expect(one).toMatchObject({ status: 'crash', message: 'died of SIGSEGV' });
});

test('the report as JUnit, TAP, a page and a badge', () => {
  expect(read('r.xml')).toMatch(/<testsuites tests="\d+" failures="5" errors="0" skipped="1">/);
  expect(read('r.xml')).toContain('<failure message="crash: died of SIGSEGV" type="crash"/>');
  expect(read('r.tap')).toMatch(/^TAP version 14\n1\.\.\d+\n/);
  expect(read('r.tap')).toContain('# SKIP refused: no kernel for Reciprocal');
  expect(read('r.html')).toContain('<h2>5 problems</h2>');
  expect(read('r.svg')).toMatch(/^<svg.*ghostc conformance: \d+ of \d+/);
});

test('expected failures must fail, and nothing may be worse than the baseline, in every report', () => {
  writeFileSync(
    join(folder, 'known.txt'),
    'unary/tanh zeros # a comment\nunary/log gone\nunary/reciprocal no kernel\n',
  );
  const better = report.cases.map((one) => (one.name === 'unary/neg' ? { ...one, status: 'pass' } : one));
  writeFileSync(join(folder, 'old.json'), JSON.stringify({ ...report, cases: better }));
  const lists = ['--expected-failures', 'known.txt', '--baseline', 'old.json', '--retries', '0'];
  const run = (filter: string) => {
    const files = ['--json', '--junit', 'e.xml', '--tap', 'e.tap'];
    const { stdout } = ghostc('conform', '--runtime', engine, '--filter', filter, ...lists, ...files);
    return (JSON.parse(stdout) as ConformReport).problems;
  };
  expect(run('unary/tanh')).toEqual([]);
  expect(read('e.xml')).toMatch(/failures="0" errors="0" skipped="1"/);
  expect(read('e.tap')).toMatch(/^not ok 1 - unary\/tanh # TODO zeros \(fail: /m);
  expect(run('unary/reciprocal')).toEqual([]);
  expect(run('unary/log')[0]).toBe('unary/log: expected to fail (gone), found pass');
  expect(read('e.xml')).toContain('<failure message="expected to fail (gone), found pass" type="pass"/>');
  expect(read('e.tap')).toMatch(/^not ok 1 - unary\/log$/m);
  expect(run('unary/neg')[0]).toMatch(/^unary\/neg: error, which passed before: threw after/);
  expect(read('e.xml')).toContain('<failure message="error, which passed before: threw after');
}, 300_000);

test.each([
  ['process.kill(process.pid, "SIGSEGV")', { status: 'crash', message: 'died of SIGSEGV' }],
  ['throw new Error("no device")', { status: 'error', message: 'the module does not load: no device' }],
])(
  'an engine whose module does %s is an outcome of every case',
  (code, outcome) => {
    writeFileSync(join(folder, 'unloadable.mjs'), `${code}\nexport default 1;\n`);
    const asked = ['--runtime', './unloadable.mjs', '--filter', 'unary/s', '--timeout', '1'];
    const { status, stdout } = ghostc('conform', ...asked, '--json');
    const { cases } = JSON.parse(stdout) as ConformReport;
    expect(status).toBe(1);
    expect(cases.length).toBeGreaterThan(2);
    for (const one of cases) expect(one).toMatchObject(outcome);
  },
  300_000,
);

test('where one report cannot be written, none is', () => {
  mkdirSync(join(folder, 'taken.xml'));
  const files = ['--json', 'whole.json', '--junit', 'taken.xml'];
  const { status } = ghostc('conform', '--runtime', 'interpreter', '--filter', 'unary/tanh', ...files);
  expect(status).toBe(2);
  expect(existsSync(join(folder, 'whole.json'))).toBe(false);
});

const python: Tool = {
  name: 'python3 with the packages onnx and onnxruntime (pip install onnx onnxruntime)',
  packages: { apt: ['python3-venv'] },
  found: () => spawnSync('python3', ['-c', 'import onnx, onnxruntime']).status === 0,
};
test('the Python engine of docs/engines.md, and ONNX tests from a folder', (context) => {
  skipWithout([python], 'an engine in Python', context);
  const fixtures = join(import.meta.dirname, '../../../test-fixtures');
  const source = readFileSync(join(fixtures, 'engines/engine.py'), 'utf8');
  expect(readFileSync(join(fixtures, '../docs/engines.md'), 'utf8')).toContain(source);
  const command = `python3 ${join(fixtures, 'engines/engine.py')}`;
  const tests = join(fixtures, 'cases/bind-slice-rows');
  const { stdout, status } = ghostc(
    'conform',
    '--exec',
    command,
    '--onnx-tests',
    tests,
    '--filter',
    'onnx/bind-slice',
  );
  expect(stdout).toContain('1 cases, 1 pass; no problems');
  expect(status).toBe(0);
  const verify = ['verify', join(tests, 'model.onnx'), '--bind', 'N=2', '--exec', command];
  const verified = spawnSync(process.execPath, [bundle, ...verify], { cwd: folder, timeout: 60_000 });
  expect(verified.status, 'ends, though the engine would wait').toBe(0);
});

test('the exported suite, run by a program in Python that knows nothing of ghostc', (context) => {
  skipWithout([python], 'a runner in Python', context);
  const runner = join(import.meta.dirname, '../../../test-fixtures/engines/run_suite.py');
  expect(ghostc('conform', '--export', 'suite', '--filter', 'pools/').stdout).toMatch(/^wrote \d+ cases/);
  const { stdout } = spawnSync('python3', [runner, 'suite', 'onnxruntime'], {
    cwd: folder,
    encoding: 'utf8',
  });
  const odd = stdout.trim().split('\n').slice(0, -1);
  expect(odd).toEqual([expect.stringMatching(/^pools\/max_pool\/nan: fail: element \d+: expected nan/)]); // as documented
  expect(Number(/^(\d+) of \d+ pass$/m.exec(stdout)?.[1])).toBeGreaterThan(20);
}, 300_000);

test('onnxruntime-web is right on padding but for what its list says, which goes stale when it is mended', () => {
  const engines = join(import.meta.dirname, '../../../test-fixtures/engines');
  const [module, list] = [join(engines, 'onnxruntime-web.mjs'), join(engines, 'known/onnxruntime-web.txt')];
  const asked = ['--runtime', module, '--filter', 'pad', '--strict', '--expected-failures', list];
  const { stdout, status } = ghostc('conform', ...asked);
  expect(stdout).toMatch(/^onnxruntime-web: \d+ cases, \d+ pass, 2 error; no problems/m);
  expect(status).toBe(0);
}, 300_000);

test('a case that passes, and is slower by more than noise, is a problem', () => {
  const passed: CaseResult = { name: 'unary/tanh', status: 'pass', error: 0, ratio: 0, seconds: 0 };
  const problems = (verdict: 'slower' | 'equal') =>
    conformReport('mine', [{ ...passed, bench: { speed: 0.5, noise: 1.25, verdict } }], {
      expectedFailures: new Map(),
      strict: false,
    }).problems;
  expect(problems('slower')).toEqual([
    'unary/tanh: slower: 0.50 times as fast as the other engine; noise explains 0.80',
  ]);
  expect(problems('equal')).toEqual([]);
});

test('an engine that takes far longer than another is slower', () => {
  const module = join(import.meta.dirname, '../../../test-fixtures/engines/busy-engine.mjs');
  writeFileSync(join(folder, 'slow.mjs'), `import { busy } from '${module}';\nexport default busy(20);\n`);
  const asked = ['--runtime', './slow.mjs', '--bench', module, '--filter', 'unary/tanh', '--retries', '0'];
  const { cases } = JSON.parse(ghostc('conform', ...asked, '--json').stdout) as ConformReport;
  expect(cases[0]?.bench).toMatchObject({ verdict: 'slower' });
  expect(cases[0]?.bench?.speed).toBeLessThan(0.3);
}, 300_000);

test('shards are disjoint and together all cases', () => {
  const list = (...shard: string[]) =>
    ghostc('conform', '--runtime', engine, '--list', ...shard)
      .stdout.trim()
      .split('\n');
  const parts = ['1/3', '2/3', '3/3'].flatMap((shard) => list('--shard', shard));
  expect(parts.sort()).toEqual(list().sort());
});

test.each([
  [['--filter', 'no-such-case'], 'no case is selected'],
  [['--shard', '4/3'], 'Expected i/n'],
  [['--onnx-tests', 'absent'], 'there is no such folder'],
  [['--baseline', 'r.xml'], 'error[cli/baseline]'],
  [['--expected-failures', 'absent.txt'], 'there is no case unary/none'],
])('bad usage: %j', (args, words) => {
  writeFileSync(join(folder, 'absent.txt'), 'unary/none gone\n');
  const { status, stderr } = ghostc('conform', '--runtime', engine, ...args);
  expect(status).toBe(2);
  expect(stderr).toContain(words);
});
