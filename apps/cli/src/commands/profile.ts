import { type CompileCOptions, type CProgram, compileC, type Device, devices } from '@ghostc/compiler';
import { seededInputs } from '@ghostc/conformance';
import type { Graph } from '@ghostc/ir';
import {
  type NodeTime,
  openBoard,
  type Profile,
  profileC,
  profileRuntime,
  profileWasm,
  type RuntimeProfile,
} from '@ghostc/runtimes';
import { Command, Option } from 'commander';
import { bindOption } from '../bind-option.ts';
import { type BoardFlags, boardOptions, portOf } from '../board-options.ts';
import { parseByteSize } from '../byte-size.ts';
import { anyWorkOption, checkWork } from '../check-work.ts';
import { findRuntime, runtimeKinds } from '../find-runtime.ts';
import { formatCount, formatTable } from '../format.ts';
import { type LoadedModel, loadModel } from '../load-model.ts';
import { profileReport } from '../profile-report.ts';
import { startProgress } from '../progress.ts';
import { writeFiles } from '../write-files.ts';
import { modelArgument } from './compile.ts';

interface ProfileFlags extends BoardFlags {
  readonly device: Device;
  readonly bind: ReadonlyMap<string, number>;
  readonly maxRam?: number;
  readonly report?: string;
  readonly json?: boolean;
  readonly runtime?: string;
  readonly exec?: string;
  readonly anyWork?: boolean;
}

export function profileCommand(): Command {
  return boardOptions(new Command('profile'))
    .description(
      'count what each layer costs: of the C, in an emulated board, on this machine or on a board, or on an engine of your own',
    )
    .addArgument(modelArgument())
    .addOption(
      new Option(
        '--device <device>',
        'instructions on the boards, nanoseconds on the host and as WebAssembly',
      )
        .choices(devices)
        .default('cortex-m4'),
    )
    .addOption(
      new Option('--runtime <name>', `time each node by itself on another engine: ${runtimeKinds}`).conflicts(
        ['exec', 'report', 'maxRam'],
      ),
    )
    .addOption(
      new Option('--exec <command>', 'the same, as --runtime exec:COMMAND').conflicts(['report', 'maxRam']),
    )
    .addOption(bindOption())
    .addOption(new Option('--max-ram <size>', 'as in compile').argParser(parseByteSize))
    .addOption(anyWorkOption())
    .option('--report <dir>', 'folder for profile.html: the layers and the arena over time')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  ghostc profile model.onnx --device cortex-m4\n  ghostc profile int8.onnx --device cortex-m55 --report report/\n  ghostc profile ghostnet:0.5@96 --device host --json\n  ghostc profile ghostnet:1.0 --device wasm32\n  ghostc profile model.onnx --runtime ./my-engine.mjs\n  ghostc profile model.onnx --port /dev/ttyACM0',
    )
    .action(runProfile);
}

async function runProfile(model: string, flags: ProfileFlags): Promise<void> {
  const runtime = flags.exec === undefined ? flags.runtime : `exec:${flags.exec}`;
  await (runtime === undefined ? profileOnDevice(model, flags) : profileOnEngine(model, runtime, flags));
}

function loadToRun(model: string, flags: ProfileFlags): LoadedModel {
  const loaded = loadModel(model, { bind: flags.bind });
  checkWork(loaded, flags);
  return loaded;
}

async function profileOnEngine(model: string, name: string, flags: ProfileFlags): Promise<void> {
  const progress = startProgress(`reading ${model}`);
  try {
    const { graph } = loadToRun(model, flags);
    const runtime = await findRuntime(name);
    progress.text = `${model} on ${runtime.name}`;
    const profile = await profileRuntime(runtime, { graph, inputs: seededInputs(graph, 1) });
    progress.stop();
    if (flags.json) console.log(JSON.stringify({ model, runtime: runtime.name, ...profile }, null, 2));
    else printNodes(profile);
  } finally {
    progress.stop();
  }
}

function printNodes({ unit, total, layers }: RuntimeProfile): void {
  const sum = layers.reduce((costs, { cost }) => costs + cost, 0);
  const rows = layers.map((layer, i) => costCells(layer, i, sum));
  console.log(formatTable(['', 'op', 'node', 'output', unit, 'share', 'per MAC'], rows));
  console.log(
    `${formatCount(Math.round(total))} ${unit} as a whole, ${formatCount(Math.round(sum))} node by node`,
  );
}

const costCells = ({ op, name, shape, macs, cost }: NodeTime, i: number, total: number): string[] => [
  String(i + 1),
  op,
  name,
  shape.join('x'),
  formatCount(Math.round(cost)),
  `${((100 * cost) / total).toFixed(1)} %`,
  macs ? (cost / macs).toFixed(2) : '',
];

async function profileOnDevice(model: string, flags: ProfileFlags): Promise<void> {
  const progress = startProgress(`reading ${model}`);
  try {
    const { graph, name } = loadToRun(model, flags);
    progress.text = `${model} on ${flags.port ?? flags.device}`;
    const { program, profile, device, hertz } = await (flags.port === undefined
      ? measured(graph, { device: flags.device, maxRam: flags.maxRam, name })
      : onBoard(graph, flags));
    progress.stop();
    const facts = {
      model,
      device,
      arenaBytes: program.arenaBytes,
      weightBytes: program.weightBytes,
      buffers: program.buffers,
    };
    if (flags.json) console.log(JSON.stringify({ ...facts, hertz, ...profile }, null, 2));
    else print(profile, hertz);
    if (!flags.report) return;
    const files = new Map([['profile.html', await profileReport({ ...facts, profile })]]);
    for (const file of writeFiles(flags.report, files)) console.error(`wrote ${file}`);
  } finally {
    progress.stop();
  }
}

type MeasureOptions = Pick<CompileCOptions, 'name' | 'maxRam'> & Pick<ProfileFlags, 'device'>;

interface Measured {
  readonly program: Pick<CProgram, 'arenaBytes' | 'weightBytes' | 'buffers'>;
  readonly profile: Profile;
  readonly device: string;
  /** Of a board's clock. */
  readonly hertz?: number;
}

async function measured(graph: Graph, options: MeasureOptions): Promise<Measured> {
  const { device, name } = options;
  if (device === 'wasm32') return { device, ...(await profileWasm(graph, { name })) };
  const program = compileC(graph, options);
  return { device, program, profile: await profileC(program, device, seededInputs(graph, 1)) };
}

async function onBoard(graph: Graph, flags: ProfileFlags): Promise<Measured> {
  const board = await openBoard(graph, portOf(flags));
  try {
    const profile = await board.profile(seededInputs(graph, 1));
    const { board: device, hertz } = board.description;
    return { program: board.program, profile, device, hertz };
  } finally {
    board.close();
  }
}

function print({ unit, total, layers, stackBytes }: Profile, hertz?: number): void {
  const rows = layers.map((layer, i) => [
    ...costCells(layer, i, total),
    layer.liveBytes === null ? '' : formatCount(layer.liveBytes),
  ]);
  console.log(formatTable(['', 'op', 'layer', 'output', unit, 'share', 'per MAC', 'live bytes'], rows));
  const macs = layers.reduce((sum, layer) => sum + layer.macs, 0);
  const perMac = macs ? `, ${(total / macs).toFixed(2)} for each of ${formatCount(macs)} MACs` : '';
  const time = hertz
    ? `, ${formatCount(Math.round((1e6 * total) / hertz))} microseconds at ${hertz / 1e6} MHz`
    : '';
  console.log(`${formatCount(total)} ${unit}${perMac}${time}`);
  if (stackBytes !== undefined) console.log(`${formatCount(stackBytes)} bytes of stack`);
}
