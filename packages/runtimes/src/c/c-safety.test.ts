import { join } from 'node:path';
import { compileC } from '@ghostc/compiler';
import { seededInputs } from '@ghostc/conformance';
import type { Graph } from '@ghostc/ir';
import { describe, expect, test } from 'vitest';
import { onPath } from '../process/on-path.ts';
import { skipWithout, type Tool } from '../process/require-tool.ts';
import { runProcess } from '../process/run-process.ts';
import { ownCopy } from '../testing/avx2.ts';
import { distinctModules, fixtures, readFixture, seededInt8 } from '../testing/fixture-models.ts';
import { inProgramFolder } from '../testing/program-folder.ts';
import { checkedHost } from '../testing/sanitizers.ts';
import { inTurn, testTurn } from '../testing/turn.ts';
import { strictFlags } from './build-c.ts';
import { cDevice } from './c-device.ts';
import { clangTidyChecks } from './clang-tidy-checks.ts';
import { runC } from './prepare-c.ts';

const clangTidy: Tool = {
  name: 'clang-tidy',
  found: () => onPath('clang-tidy'),
  packages: { apt: ['clang-tidy'] },
};
const cppcheck: Tool = { name: 'cppcheck', found: () => onPath('cppcheck'), packages: { apt: ['cppcheck'] } };

/** What generated code may ask of the C library: the functions of math.h that its activations use, and block moves. */
const allowed =
  /^(expf|logf|log1pf|tanhf|powf|sqrtf|floorf|ceilf|rintf|fabsf|roundf|memcpy|memset|memmove|\w+_weights)$/;

const network = inTurn('network', ['ghost_fmnist', 'ghost_fmnist in int8']);

/** Modules, then a network of many modules, then what is in int8. */
const subjects: [string, () => Graph][] = [
  ...[...distinctModules, 'ghost_fmnist'].map((name): [string, () => Graph] => [
    name,
    () => readFixture(join(fixtures, name)),
  ]),
  ...['modules/ghost_bottleneck_s2_se', 'modules/ghost_module_ratio3_odd61', 'ghost_fmnist'].map(
    (name): [string, () => Graph] => [
      `${name} in int8`,
      () => seededInt8(readFixture(join(fixtures, name))).graph,
    ],
  ),
];

/** For what takes long to prove: two modules in int8, and the network, in float or in int8 by turns. */
const proved = subjects.slice(-4).filter(([name]) => !/fmnist/.test(name) || name === network);

describe('no undefined behaviour and no bad access while it runs', () => {
  // quantized-conformance, io-arena and stream-c run their programs with the sanitizers, too
  test.for(subjects.slice(-5))('%s', async ([, make], context) => {
    skipWithout(cDevice('host').tools, 'c', context);
    const graph = make();
    const runs = await runC(compileC(graph), checkedHost, [seededInputs(graph, 3)], {
      extraFlags: ownCopy(),
    });
    expect(runs).toHaveLength(1);
  });
});

describe('what the compiler can prove', () => {
  const flags = [...strictFlags, '-Wvla', '-Walloca', '-Wstack-usage=8192', '-fanalyzer', '-O2'];

  test.for(proved)(
    `%s: no VLA, bounded stack, nothing of -fanalyzer, no library but math (GHOSTC_TURN=${testTurn()})`,
    async ([, make], context) => {
      skipWithout(cDevice('host').tools, 'c', context);
      const program = compileC(make(), { name: 'net', device: 'cortex-m4', kernels: 'portable' });
      await inProgramFolder(program, async (folder) => {
        const run = (command: string, args: string[]) =>
          runProcess(command, args, { cwd: folder, timeout: 120 });
        await run('gcc', [...flags, '-c', 'net.c', '-o', 'net.o']);
        const symbols = (await run('nm', ['-u', 'net.o'])).match(/\w+$/gm) ?? [];
        expect(symbols.filter((name) => !allowed.test(name))).toEqual([]);
      });
    },
  );

  test.for(subjects.filter(([name]) => /s2_se/.test(name)))(
    '%s: nothing of cppcheck',
    async ([, make], context) => {
      skipWithout([cppcheck], 'static analysis', context);
      await inProgramFolder(compileC(make(), { name: 'net', kernels: 'portable' }), async (folder) => {
        const args = [
          '--std=c99',
          '--enable=warning,portability',
          '--max-configs=3',
          '--error-exitcode=1',
          '--quiet',
          'net.c',
        ];
        await runProcess('cppcheck', args, { cwd: folder, timeout: 120 });
      });
    },
  );
});

describe.concurrent('nothing of clang-tidy', () => {
  test.for(proved)(`%s (GHOSTC_TURN=${testTurn()})`, async ([, make], context) => {
    skipWithout([clangTidy], 'static analysis', context);
    const program = compileC(make(), { name: 'net', kernels: 'portable' });
    await inProgramFolder(program, async (folder) => {
      const args = [
        '--quiet',
        `-checks=${clangTidyChecks}`,
        '-warnings-as-errors=*',
        'net.c',
        '--',
        '-std=c99',
      ];
      await runProcess('clang-tidy', args, { cwd: folder, timeout: 120 });
    });
  });
});

test('no function calls itself, directly or by others', () => {
  for (const [name, make] of subjects.slice(-4)) {
    const source = String(compileC(make(), { name: 'net', kernels: 'portable' }).files.get('net.c'));
    const functions = [
      ...source.matchAll(/^(?:KERNEL|static)\b[^\n;=]*?\b(\w+)\([^;]*?\)\n\{\n([\s\S]*?)\n\}/gm),
    ];
    expect(functions.length).toBeGreaterThan(1);
    const seen = new Set<string>();
    for (const [, own = '', body = ''] of functions) {
      const later = functions.map(([, other = '']) => other).filter((other) => !seen.has(other));
      const calls = later.filter((other) => new RegExp(`\\b${other}\\(`).test(body));
      expect({ name, own, calls }).toEqual({ name, own, calls: [] }); // only functions above may be called
      seen.add(own);
    }
  }
});
