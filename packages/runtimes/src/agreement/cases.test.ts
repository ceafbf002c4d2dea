import {
  exact,
  interpreterRuntime,
  type Runtime,
  type RuntimeResult,
  verifyModel,
} from '@ghostc/conformance';
import { CompileError } from '@ghostc/ir';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cDevice, cRuntimeName, type ProgramDevice } from '../c/c-device.ts';
import { skipWithout, type Tool } from '../process/require-tool.ts';
import { createRuntime, wgslRuntimeOn } from '../runtime-table.ts';
import { batchedC } from '../testing/batched-c.ts';
import { type ModelCase, modelCases } from '../testing/model-case.ts';
import { dawnDevice, wgslTools } from '../wgsl/dawn-device.ts';

const cases = modelCases();
const rounding = { relative: 1e-5, absolute: 1e-7, reason: 'float32 sums in another order' };

interface Held {
  readonly name: string;
  readonly tools?: readonly Tool[];
  readonly runtimeOf: (one: ModelCase) => Runtime;
}

/** Every case on a runtime: its outputs are right, or it refuses in the words that the case expects. */
function holds(some: readonly ModelCase[], { name: runtimeName, tools = [], runtimeOf }: Held): void {
  test.for(some)(`$name on ${runtimeName}`, async (one, context) => {
    skipWithout(tools, one.name, context);
    const own = one.options.own?.[runtimeName];
    if (own) context.skip(own);
    await expectRight(one, runtimeOf(one));
  });
}

async function expectRight(one: ModelCase, runtime: Runtime): Promise<void> {
  const refusal = one.options.refused?.read ?? one.options.refused?.[runtime.name];
  const { status, message } = await verdict(one, runtime);
  if (refusal === undefined) expect({ status, message }).toEqual({ status: 'pass' });
  else expect({ status, message }).toEqual({ status: 'error', message: expect.stringContaining(refusal) });
}

type Verdict = Pick<RuntimeResult, 'status' | 'message'>;

async function verdict(one: ModelCase, runtime: Runtime): Promise<Verdict> {
  try {
    const { model, dataSet } = one.read(runtime.name === 'onnx' ? 'symbolic' : 'bound');
    return await verifyModel(runtime, { model, dataSets: [dataSet], ...toleranceOf(one) });
  } catch (error) {
    if (error instanceof CompileError) return { status: 'error', message: error.message };
    throw error;
  }
}

function toleranceOf({ options: { exact: toTheBit, relative, ties } }: ModelCase) {
  if (toTheBit) return { tolerance: exact };
  if (relative) return { tolerance: { ...rounding, relative } };
  return { tolerance: rounding, derived: ties ? 'statistical' : 'instead' } as const;
}

describe('interpreter', () => holds(cases, { name: 'interpreter', runtimeOf: () => interpreterRuntime }));

describe('onnx', () => holds(cases, { name: 'onnx', runtimeOf: () => createRuntime('onnx') }));

describe('wgsl', () => {
  let device: GPUDevice | undefined;
  let runtime: Runtime = createRuntime('wgsl');
  beforeAll(async () => {
    if (!wgslTools.every((tool) => tool.found())) return;
    device = await dawnDevice();
    runtime = wgslRuntimeOn(device);
  });
  afterAll(() => device?.destroy());
  holds(cases, { name: 'wgsl', tools: wgslTools, runtimeOf: () => runtime });
});

describe('c', () => holdsInC(cases));

const exactCases = cases.filter(({ options }) => options.exact);
describe.skipIf(exactCases.length === 0)('c@cortex-m4', () => holdsInC(exactCases, 'cortex-m4'));

function holdsInC(some: readonly ModelCase[], device: ProgramDevice = 'host'): void {
  const { tools } = cDevice(device);
  const name = cRuntimeName(device);
  let runtimeOf: (one: ModelCase) => Runtime = () => createRuntime(name);
  beforeAll(async () => {
    if (tools.every((tool) => tool.found())) runtimeOf = await batchedC(some, device);
  });
  holds(some, { name, tools, runtimeOf: (one) => runtimeOf(one) });
}
