import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CProgram, compileC, type WeightForm } from '@ghostc/compiler';
import { readOnnx } from '@ghostc/onnx';
import { describe, expect, test } from 'vitest';
import { onPath } from '../process/on-path.ts';
import { skipWithout, type Tool } from '../process/require-tool.ts';
import { inProgramFolder } from '../testing/program-folder.ts';
import { cDevice } from './c-device.ts';

const cases = join(import.meta.dirname, '../../../../test-fixtures/cases');

function program(name: string, weights: WeightForm = 'c'): CProgram {
  const model = readOnnx(readFileSync(join(cases, name, 'model.onnx')));
  return compileC(model, { name: 'net', weights, selfTest: true });
}

/** The program with a main function for its self-test. */
function withMain(made: CProgram): Pick<CProgram, 'files'> {
  return { files: new Map([...made.files, ['main.c', mainText(made)]]) };
}

function mainText({ inputs, outputs, arenaBytes }: CProgram): string {
  const buffers = [...inputs, ...outputs].map((tensor, i) => ({ name: `b${i}`, bytes: 8 * tensor.elements }));
  return [
    '#include "net_selftest.h"',
    `static int64_t arena[${arenaBytes / 8 + 2}] __attribute__((aligned(16)));`,
    ...buffers.map(({ name, bytes }) => `static int64_t ${name}[${bytes / 8}];`),
    `int main(void) { return net_selftest(${['arena', ...buffers.map(({ name }) => `(void *)${name}`)].join(', ')}); }`,
  ].join('\n');
}

const refusal = 'the weights are little-endian words; this processor is big-endian';

describe('big-endian processors', () => {
  test.for([
    ['qdq-conv-int8-channel', 'c', true],
    ['qdq-ties-to-even', 'c', false],
    ['linear-conv-relu', 'c', false],
    ['linear-conv-relu', 'bin', true],
    ['linear-conv-relu', 'external', true],
  ] as const)(
    'every file of %s with weights as %s that needs little-endian words says so',
    async ([name, form, refused], context) => {
      skipWithout(cDevice('host').tools, 'c', context);
      await inProgramFolder(withMain(program(name, form)), (folder) => {
        const files = ['net.c', ...(form === 'external' ? [] : [`net_weights.${form === 'c' ? 'c' : 'S'}`])];
        for (const file of files.filter((file) => refused || file === 'net.c')) {
          const args = ['-D__BIG_ENDIAN__', '-E', file, '-o', '/dev/null'];
          const { status, stderr } = spawnSync('gcc', args, { cwd: folder, encoding: 'utf8' });
          expect({ file, refused: status !== 0 }).toEqual({ file, refused });
          if (refused) expect(stderr).toContain(refusal);
        }
      });
    },
  );

  const powerpc: Tool = {
    name: 'powerpc-linux-gnu-gcc and qemu-ppc',
    packages: { apt: ['gcc-powerpc-linux-gnu', 'libc6-dev-powerpc-cross', 'qemu-user'] },
    found: () => onPath('powerpc-linux-gnu-gcc') && onPath('qemu-ppc'),
  };

  test.for([
    'linear-conv-relu',
    'conv1d-batchnorm1d',
    'resize-length-f32',
    'qdq-chain-of-four',
    'qdq-add',
    'qdq-softmax',
    'qdq-ties-to-even',
  ])('%s computes what it must on PowerPC', async (name, context) => {
    skipWithout([powerpc], 'big-endian C', context);
    await inProgramFolder(withMain(program(name)), (folder) => {
      const sources = [...program(name).files.keys()].filter((file) => file.endsWith('.c'));
      const args = ['-O2', '-std=c99', '-static', ...sources, 'main.c', '-lm', '-o', 'net'];
      execFileSync('powerpc-linux-gnu-gcc', args, { cwd: folder });
      expect(spawnSync('qemu-ppc', ['./net'], { cwd: folder }).status).toBe(0);
    });
  });
});
