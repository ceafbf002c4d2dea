import { compileC } from '@ghostc/compiler';
import {
  caseGraph,
  joinCases,
  quantizedSuites,
  type Runtime,
  seededInputs,
  verifyCase,
} from '@ghostc/conformance';
import { itemAt } from '@ghostc/ir';
import { expect, test } from 'vitest';
import { cDevice } from '../c/c-device.ts';
import { runC } from '../c/prepare-c.ts';
import { skipWithout } from '../process/require-tool.ts';
import { ownCopy } from '../testing/avx2.ts';
import { joinedC } from '../testing/joined-c.ts';
import { codeFor } from '../testing/same-c.ts';
import { checkedHost } from '../testing/sanitizers.ts';
import { inTurn, testTurn } from '../testing/turn.ts';

const all = quantizedSuites.flatMap(({ name, cases }) =>
  cases.map((one) => ({ ...one, name: `${name}/${one.name}` })),
);
const joined = joinCases({ name: 'quantized', cases: all });
/** For a core whose C is that of another, or nearly: one of them in a run. */
const sample = joinCases({ name: 'quantized', cases: all.filter((_, i) => i % 4 === 0) });

test.for([
  ['cortex-m4', 'cortex-m33'],
  ['cortex-m0plus', 'cortex-m3'],
  ['cortex-m55', 'cortex-m85'],
  ['rv32', 'rv32imc', 'rv32imac_zba_zbb'],
] as const)('%s has the C of the cores after it', ([first, ...others]) => {
  const graph = caseGraph(joined);
  const code = codeFor(graph, first);
  for (const device of others) expect(codeFor(graph, device) === code, device).toBe(true);
});

test.for([
  ...(['host', 'aarch64', 'cortex-m0plus', 'cortex-m4', 'cortex-m55', 'rv32'] as const).map((device) => ({
    device,
    cases: joined,
  })),
  { device: inTurn('sample', ['cortex-m3', 'cortex-m7', 'rv32imac_zba_zbb'] as const), cases: sample },
] as const)(
  `quantised ops, bit for bit, in one program on $device (GHOSTC_TURN=${testTurn()})`,
  async ({ device, cases }, context) => {
    skipWithout(cDevice(device).tools, device, context);
    const result = await verifyCase(joinedC(device), cases);
    expect(result.message).toBeUndefined();
    expect(result).toMatchObject({ status: 'pass', maxAbs: 0 });
  },
);

test('portable kernels, bit for bit, on a core of 32 bits', async (context) => {
  skipWithout(cDevice('cortex-m3').tools, 'cortex-m3', context);
  const portable: Runtime = {
    name: 'portable',
    prepare: async (graph) => {
      const program = compileC(graph, { kernels: 'portable' });
      return { run: async (inputs) => itemAt(await runC(program, 'cortex-m3', [inputs]), 0).outputs };
    },
  };
  expect(await verifyCase(portable, sample)).toMatchObject({ status: 'pass', maxAbs: 0 });
});

test('integer kernels have no undefined behaviour', async (context) => {
  skipWithout(cDevice('host').tools, 'host', context);
  const graph = caseGraph(joined);
  await runC(compileC(graph), checkedHost, [seededInputs(graph, 3)], { extraFlags: ownCopy() });
});
