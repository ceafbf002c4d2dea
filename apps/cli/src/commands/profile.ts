import { type CompileCOptions, compileC, type Device, devices } from '@ghostc/compiler';
import { seededInputs } from '@ghostc/conformance';
import type { Graph } from '@ghostc/ir';
import { type Profile, profileC, profileWasm } from '@ghostc/runtimes';
import { Command, Option } from 'commander';
import { bindOption } from '../bind-option.ts';
import { parseByteSize } from '../byte-size.ts';
import { formatCount, formatTable } from '../format.ts';
import { loadModel } from '../load-model.ts';
import { profileReport } from '../profile-report.ts';
import { startProgress } from '../progress.ts';
import { writeFiles } from '../write-files.ts';
import { modelArgument } from './compile.ts';

interface ProfileFlags {
  readonly device: Device;
  readonly bind: ReadonlyMap<string, number>;
  readonly maxRam?: number;
  readonly report?: string;
  readonly json?: boolean;
}

export function profileCommand(): Command {
  return new Command('profile')
    .description('count what each layer of the C costs, in an emulated board or on this machine')
    .addArgument(modelArgument())
    .addOption(
      new Option(
        '--device <device>',
        'instructions on the boards, nanoseconds on the host and as WebAssembly',
      )
        .choices(devices)
        .default('cortex-m4'),
    )
    .addOption(bindOption())
    .addOption(new Option('--max-ram <size>', 'as in compile').argParser(parseByteSize))
    .option('--report <dir>', 'folder for profile.html: the layers and the arena over time')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  ghostc profile model.onnx --device cortex-m4\n  ghostc profile int8.onnx --device cortex-m55 --report report/\n  ghostc profile ghostnet:0.5@96 --device host --json\n  ghostc profile ghostnet:1.0 --device wasm32',
    )
    .action(runProfile);
}

async function runProfile(model: string, flags: ProfileFlags): Promise<void> {
  const progress = startProgress(`reading ${model}`);
  try {
    const { graph, name } = loadModel(model, { bind: flags.bind });
    progress.text = `${model} on ${flags.device}`;
    const { program, profile } = await measured(graph, { device: flags.device, maxRam: flags.maxRam, name });
    progress.stop();
    const facts = {
      model,
      device: flags.device,
      arenaBytes: program.arenaBytes,
      weightBytes: program.weightBytes,
      buffers: program.buffers,
    };
    if (flags.json) console.log(JSON.stringify({ ...facts, ...profile }, null, 2));
    else print(profile);
    if (!flags.report) return;
    const files = new Map([['profile.html', await profileReport({ ...facts, profile })]]);
    for (const file of writeFiles(flags.report, files)) console.error(`wrote ${file}`);
  } finally {
    progress.stop();
  }
}

type MeasureOptions = Pick<CompileCOptions, 'name' | 'maxRam'> & Pick<ProfileFlags, 'device'>;

async function measured(graph: Graph, options: MeasureOptions) {
  if (options.device === 'wasm32') return profileWasm(graph, { name: options.name });
  const program = compileC(graph, options);
  return { program, profile: await profileC(program, options.device, seededInputs(graph, 1)) };
}

function print({ unit, total, layers, stackBytes }: Profile): void {
  const rows = layers.map(({ op, name, shape, macs, cost, liveBytes }, i) => [
    String(i + 1),
    op,
    name,
    shape.join('x'),
    formatCount(cost),
    `${((100 * cost) / total).toFixed(1)} %`,
    macs ? (cost / macs).toFixed(2) : '',
    liveBytes === null ? '' : formatCount(liveBytes),
  ]);
  console.log(formatTable(['', 'op', 'layer', 'output', unit, 'share', 'per MAC', 'live bytes'], rows));
  const macs = layers.reduce((sum, layer) => sum + layer.macs, 0);
  const perMac = macs ? `, ${(total / macs).toFixed(2)} for each of ${formatCount(macs)} MACs` : '';
  console.log(`${formatCount(total)} ${unit}${perMac}`);
  if (stackBytes !== undefined) console.log(`${formatCount(stackBytes)} bytes of stack`);
}
