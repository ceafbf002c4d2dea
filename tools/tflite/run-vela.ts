import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Vela's result for a model: where its operators run, and its report. */
interface VelaReport {
  readonly npu: number;
  readonly cpu: number;
  readonly report: string;
}

/** Compiles a model for an Ethos-U55 of 128 MACs. Vela fails where an operator suits no Ethos-U. */
export function runVela(
  command: string,
  name: string,
  model: Uint8Array,
): VelaReport | { readonly problem: string } {
  const folder = mkdtempSync(join(tmpdir(), 'ghostc-vela-'));
  try {
    const file = join(folder, `${name}.tflite`);
    writeFileSync(file, model);
    const options = [
      '--accelerator-config',
      'ethos-u55-128',
      '--show-cpu-operations',
      '--output-dir',
      folder,
    ];
    const { status, stdout, stderr, error } = spawnSync(command, [file, ...options], {
      encoding: 'utf8',
      maxBuffer: 2 ** 26,
    });
    if (status !== 0)
      return { problem: error?.message ?? `vela: ${(stderr.trim() || stdout.trim()).split('\n').at(-1)}` };
    return { npu: countOf(stdout, 'NPU'), cpu: countOf(stdout, 'CPU'), report: summaryOf(stdout) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function countOf(report: string, unit: 'NPU' | 'CPU'): number {
  return Number(new RegExp(`^${unit} operators = (\\d+)`, 'm').exec(report)?.[1] ?? Number.NaN);
}

/** The report from its heading on, without the line of each operator on the NPU. */
function summaryOf(report: string): string {
  const lines = report.slice(Math.max(0, report.indexOf('Network summary'))).split('\n');
  return lines
    .filter((line) => !/^\s+NPU: /.test(line))
    .join('\n')
    .trim();
}
