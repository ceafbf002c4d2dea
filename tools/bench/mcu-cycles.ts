import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compileC } from '@ghostc/compiler';
import { parseGraph } from '@ghostc/ir';
import { registry } from '@ghostc/ops';
import { cDevice } from '@ghostc/runtimes';
import { kernelCases } from './mcu-cases.ts';
import type { Row } from './mcu-report.ts';

const DEVICE = 'cortex-m7';
const LAYER = '1x1 14x14 80 to 100';

/** Turns of the loop that the model runs. */
const TURNS = 100;

/** Cycles of a turn of the loop of 1x1 convolutions, as llvm-mca models Cortex-M7. */
export function cycles(progress: (what: string) => void): Row[] {
  progress(`${LAYER} on ${DEVICE}: llvm-mca`);
  const layer = kernelCases.find(({ name }) => name === LAYER);
  if (!layer) throw new Error(`there is no layer ${LAYER}`);
  const program = compileC(parseGraph(layer.graph, { registry, file: LAYER }), {
    device: DEVICE,
    name: 'net',
  });
  const folder = mkdtempSync(join(tmpdir(), 'ghostc-bench-cycles-'));
  try {
    for (const [name, content] of program.files) writeFileSync(join(folder, name), content);
    const { compiler, flags } = cDevice(DEVICE);
    const options = { cwd: folder, encoding: 'utf8' } as const;
    const text = execFileSync(compiler, [...flags, '-O2', '-std=c99', '-S', 'net.c', '-o', '-'], options);
    const loop = loopOf(text);
    const products = loop.filter((line) => line.startsWith('smlad')).length;
    writeFileSync(
      join(folder, 'loop.s'),
      ['.syntax unified', '.thumb', 'again:', ...loop, 'bne.w again', ''].join('\n'),
    );
    const model = ['-mtriple=thumbv7em-none-eabi', `-mcpu=${DEVICE}`, `-iterations=${TURNS}`, 'loop.s'];
    const report = execFileSync('llvm-mca', model, options);
    const total = Number(/Total Cycles: +(\d+)/.exec(report)?.[1]);
    const ours = ((total / TURNS) * 32) / products;
    return [{ name: `${LAYER}, model`, device: DEVICE, unit: 'cycles of 32 smlad', ours, target: 44 }];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The instructions of the first loop with products, without its branch. */
function loopOf(assembly: string): string[] {
  const loops = assembly.split(/^\s*1:$/m).slice(1);
  const found = loops.map((loop) => loop.split('bne 1b')[0] ?? '').find((loop) => loop.includes('smlad'));
  if (found === undefined) throw new Error(`there is no loop with smlad in the code of ${LAYER}`);
  return found
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => /^[a-z]/.test(line));
}
