import { expect, test } from 'vitest';
import { caseTask } from '../conform.ts';
import type { ConformanceCase } from '../suite.ts';
import { allSuites } from '../suites/index.ts';
import { quantizedSuites } from '../suites/quantized.ts';
import { verifyModel } from '../verify-model.ts';
import { brokenEngines } from './broken-engines.ts';
import { type BrokenEngine, brokenRuntime } from './broken-runtime.ts';

const cases = [...allSuites, ...quantizedSuites].flatMap((suite) => suite.cases);

/** What the engine gets wrong first. */
async function killedBy(engine: BrokenEngine): Promise<ConformanceCase | undefined> {
  for (const one of cases) {
    const task = caseTask(one);
    if (![...task.model.nodes()].some(({ op }) => engine.ops.test(op))) continue;
    const { status, message } = await verifyModel(brokenRuntime(engine), task);
    if (status === 'error') throw new Error(`${engine.name}, ${one.name}: ${message}`);
    if (status !== 'pass') return one;
  }
  return undefined;
}

test('no broken engine survives the suite, and the engine that they are made of passes', async () => {
  const survivors: string[] = [];
  for (const engine of brokenEngines) if (!(await killedBy(engine))) survivors.push(engine.name);
  expect(survivors).toEqual([]);
  expect(brokenEngines.length).toBeGreaterThan(150);
  expect(await killedBy({ name: 'right', ops: /./, fault: () => undefined })).toBeUndefined();
}, 120_000);
