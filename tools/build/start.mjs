import { exitCodeOf, setup } from './setup.mjs';
import { missingNeeds } from './system-packages.mjs';

const model = 'test-fixtures/models/ghost_fmnist';
const allTargets = [
  'original',
  'interpreter',
  'onnx',
  'wgsl',
  'c',
  'c@cortex-m4',
  'c@cortex-m7',
  'c@cortex-m55',
  'c@rv32',
];

/** The main job: a trained GhostNet in every runtime that this machine has, in one table. */
await setup();
const { buildCli } = await import('./build-cli.mjs');
const cli = await buildCli();
const missing = missingNeeds().flatMap((need) => need.targets);
const targets = allTargets.filter((target) => !missing.includes(target));
console.log(`ghostc verify: a GhostNet trained on Fashion-MNIST, on ${targets.join(', ')}`);
const args = [cli, 'verify', `${model}/ghost_fmnist.onnx`, '--data', model, '--targets', targets.join(',')];
process.exitCode = await exitCodeOf(process.execPath, args);
if (missing.length) console.log(`not run, because a tool is missing (see above): ${missing.join(', ')}`);
