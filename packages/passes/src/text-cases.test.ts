import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Graph, parseGraph, printGraph, randomTensor, type Tensor, toNumbers, verify } from '@ghostc/ir';
import { evaluateGraph, registry } from '@ghostc/ops';
import { expect, test } from 'vitest';
import { applyRules } from './apply-rules.ts';
import { passes } from './optimize.ts';
import { rules } from './rule-table.ts';
import { formatTextCases, parseTextCases, type TextCase } from './text-cases.ts';

const folder = join(import.meta.dirname, 'rules');
const bless = Boolean(process.env.UPDATE_CASES);
const files = readdirSync(folder).filter((name) => name.endsWith('.gir'));

for (const file of files) {
  const path = join(folder, file);
  const cases = parseTextCases(readFileSync(path, 'utf8'));
  if (bless) writeFileSync(path, formatTextCases(cases.map((one) => ({ ...one, expected: outcome(one) }))));
  else for (const one of cases) test(`${file}: ${one.title}`, () => check(one));
}

test('every rule has a case that fires and one that declines', () => {
  const all = files.flatMap((file) => parseTextCases(readFileSync(join(folder, file), 'utf8')));
  const named = (name: string, declines: boolean) =>
    all.some((one) => one.run.includes(name) && one.expected.startsWith('declines') === declines);
  expect([...rules.keys()].filter((name) => !named(name, false))).toEqual([]);
  const always = new Set([
    'remove-identity',
    'recognize-silu',
    'expand-gemm',
    'expand-ghost-module',
    'expand-layer-norm',
    'expand-squeeze-excite',
    'join-transposes',
    'split-squeeze-excite',
    'expand-batch-norm',
  ]);
  expect([...rules.keys()].filter((name) => !always.has(name) && !named(name, true))).toEqual([]);
});

function check(one: TextCase): void {
  expect(outcome(one)).toBe(one.expected);
  if (!one.expected.startsWith('declines')) checkMeaning(one);
}

/** The printed graph after the rules, or the reason of the last one that declined. */
function outcome(one: TextCase): string {
  const { graph, fired, reason } = run(one);
  return fired ? printGraph(graph).text.trim() : `declines: ${reason}`;
}

function run({ input, run: names }: TextCase): { graph: Graph; fired: number; reason: string } {
  const graph = parseGraph(input, { registry });
  verify(graph, registry);
  let [fired, reason] = [0, 'no rule wants an op of this graph'];
  for (const name of names) {
    const rule = rules.get(name);
    if (rule) fired += applyRules(graph, [rule], { onDecline: (miss) => (reason = miss.reason) });
    else {
      const before = printGraph(graph).text;
      const pass = passes.get(name);
      if (!pass) throw new Error(`there is no rule or pass ${name}`);
      pass.run(graph);
      fired += printGraph(graph).text === before ? 0 : 1;
    }
  }
  verify(graph, registry);
  return { graph, fired, reason };
}

/** Both sides compute the same on seeded inputs, to 1e-5 of the largest output. */
function checkMeaning(one: TextCase): void {
  const before = evaluate(parseGraph(one.input, { registry }));
  const after = evaluate(run(one).graph);
  before.forEach((want, i) => {
    const got = toNumbers(after[i] as Tensor);
    const largest = Math.max(1e-6, ...Array.from(toNumbers(want), (v) => Math.abs(Number(v))));
    Array.from(toNumbers(want)).forEach((v, at) =>
      expect(Math.abs(Number(v) - Number(got[at])) / largest).toBeLessThan(1e-5),
    );
  });
}

function evaluate(graph: Graph): Tensor[] {
  const inputs = graph.inputs.map(({ type }, i) => {
    const shape = type.shape.map((dim) => (typeof dim === 'string' ? 2 : dim));
    return randomTensor({ ...type, shape }, i + 1);
  });
  return evaluateGraph(graph, inputs);
}
