import type { CProgram } from '@ghostc/backend-c';
import { compileC } from '@ghostc/compiler';
import { seededInputs } from '@ghostc/conformance';
import { parseGraph } from '@ghostc/ir';
import { registry } from '@ghostc/ops';
import { expect, test } from 'vitest';
import { skipWithout } from '../process/require-tool.ts';
import { avx2, hasAvx512 } from '../testing/avx2.ts';
import { cDevice } from './c-device.ts';
import { runC } from './prepare-c.ts';

const graph = parseGraph(
  `graph @net(%x: f32[1,8,9,9])
  const %w: f32[12,8,1,1] = random(1)
  %y = conv2d %x, %w
  return %y`,
  { registry },
);
const program = compileC(graph, { name: 'net' });

/** The program, of which one copy fails. */
function failing(copy: 'avx2' | 'avx512'): CProgram {
  const source = String(program.files.get('net.c'));
  const at = source.indexOf('return NET_OK;', source.indexOf(`static int net_run_${copy}(`));
  const broken = `${source.slice(0, at)}return 77;${source.slice(at + 'return NET_OK;'.length)}`;
  return { ...program, files: new Map([...program.files, ['net.c', broken]]) };
}

test('a plain build takes the widest copy that the processor has', async (context) => {
  skipWithout([...cDevice('host').tools, avx2], 'c', context);
  const widest = failing(hasAvx512() ? 'avx512' : 'avx2');
  await expect(runC(widest, 'host', [seededInputs(graph, 1)])).rejects.toThrow('77');
});

test('-DGHOSTC_DISPATCH=1 leaves out the copy for AVX-512', async (context) => {
  skipWithout([...cDevice('host').tools, avx2], 'c', context);
  const extraFlags = ['-DGHOSTC_DISPATCH=1'];
  const run = runC(failing('avx2'), 'host', [seededInputs(graph, 1)], { extraFlags });
  await expect(run).rejects.toThrow('77');
});

test.for([['-DGHOSTC_DISPATCH=0'], ['-mavx2', '-mfma']])(
  'built with %s there is one copy',
  async (extraFlags, context) => {
    skipWithout([...cDevice('host').tools, avx2], 'c', context);
    for (const copy of ['avx2', 'avx512'] as const)
      expect(await runC(failing(copy), 'host', [seededInputs(graph, 1)], { extraFlags })).toHaveLength(1);
  },
);

test('a constant of a type that the copy has anew is in the copy too', async (context) => {
  skipWithout([...cDevice('host').tools, avx2], 'c', context);
  const brief = parseGraph(
    `graph @net(%x: bf16[1,8,9,9])
    const %w: bf16[12,8,1,1] = random(1)
    %y = conv2d %x, %w
    return %y`,
    { registry },
  );
  const both = compileC(brief, { name: 'net' });
  expect(String(both.files.get('net.c'))).toContain('fmt_bf16_avx2');
  expect(await runC(both, 'host', [seededInputs(brief, 1)])).toHaveLength(1);
});

test('a program without vectors has no second copy, nor has one for a microcontroller', () => {
  const shift = parseGraph('graph @g(%x: i64[3])\n%y = add %x, %x\nreturn %y', { registry });
  for (const one of [compileC(shift, { name: 'net' }), compileC(graph, { name: 'net', device: 'cortex-m4' })])
    expect(String(one.files.get('net.c'))).not.toContain('GHOSTC_DISPATCH');
});
