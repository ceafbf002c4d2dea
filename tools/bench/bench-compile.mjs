import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { printHelp } from '../build/print-help.mjs';
import { root, setup } from '../build/setup.mjs';

/**
 * Time and memory of reading, optimising and emitting C for GhostNet 1.0x at 224, whole process: `ghostc compile`. The
 * reference of the same run is ONNX Runtime loading the same model with all its optimisations. Prints JSON.
 */
const RUNS = 5;
const LIMITS = { seconds: 2, megabytes: 600 };

if (printHelp(import.meta.filename)) process.exit();
await setup();
const { buildCli } = await import('../build/build-cli.mjs');
const cli = await buildCli();
const folder = mkdtempSync(join(tmpdir(), 'ghostc-bench-'));

try {
  const model = join(folder, 'ghostnet.onnx');
  measured([cli, 'opt', 'ghostnet:1.0', '--pass', 'remove-dead-code', '--out', model]);
  if (!existsSync(model)) throw new Error('the model was not written');
  const ghostc = repeat(() => measured([cli, 'compile', model, '--target', 'c', '--out', join(folder, 'c')]));
  const load = `await (await import('onnxruntime-node')).InferenceSession.create(${JSON.stringify(model)}, { graphOptimizationLevel: 'all' })`;
  const reference = repeat(() => measured(['--input-type=module', '-e', load]));
  const ratio = ghostc.seconds / reference.seconds;
  console.log(
    JSON.stringify(
      {
        ghostc,
        reference: { name: 'onnxruntime-node, session with all optimisations', ...reference },
        ratio: round(ratio),
        limits: LIMITS,
      },
      null,
      2,
    ),
  );
  process.exitCode = ghostc.seconds < LIMITS.seconds && ghostc.megabytes < LIMITS.megabytes ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Wall seconds and peak resident megabytes of a Node process, which reports its own peak. */
function measured(args) {
  const report =
    'process.on("exit", () => process.stderr.write("\\nPEAK " + process.resourceUsage().maxRSS + "\\n"))';
  const preload = `data:text/javascript,${encodeURIComponent(report)}`;
  const start = performance.now();
  const { status, stderr } = spawnSync(process.execPath, ['--import', preload, ...args], {
    cwd: root,
    encoding: 'utf8',
  });
  const seconds = (performance.now() - start) / 1000;
  if (status !== 0) throw new Error(stderr);
  return { seconds, megabytes: Number(/PEAK (\d+)/.exec(stderr)?.[1]) / 1024 };
}

function repeat(run) {
  run();
  const runs = Array.from({ length: RUNS }, run);
  return {
    seconds: median(runs.map((one) => one.seconds)),
    megabytes: median(runs.map((one) => one.megabytes)),
  };
}

function median(values) {
  return round([...values].sort((a, b) => a - b)[values.length >> 1]);
}

function round(value) {
  return Math.round(value * 1000) / 1000;
}
