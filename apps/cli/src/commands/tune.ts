import type { Graph } from '@ghostc/ir';
import { CompileError } from '@ghostc/ir';
import { openStore } from '@ghostc/jobs';
import { type TuneResult, tuneWgsl, withTuning } from '@ghostc/runtimes';
import { Command, Option } from 'commander';
import { bindOption } from '../bind-option.ts';
import { anyWorkOption, CALIBRATION_RUNS, checkWork } from '../check-work.ts';
import { formatTable } from '../format.ts';
import { openQueue } from '../jobs/open-engine.ts';
import { tuneThere } from '../jobs/tune-job.ts';
import { loadModel } from '../load-model.ts';
import { type Progress, showStep, startProgress } from '../progress.ts';
import { defaultCacheFile, readTuningCache, writeTuningCache } from '../tuning-cache.ts';
import { modelArgument } from './compile.ts';

interface TuneFlags {
  readonly cache?: string;
  readonly bind: ReadonlyMap<string, number>;
  readonly rounds: string;
  readonly queue?: string;
  readonly store: string;
  readonly json?: boolean;
  readonly anyWork?: boolean;
}

export function tuneCommand(): Command {
  return new Command('tune')
    .description(
      'measure the shapes of WGSL kernels layer by layer, and Ghost modules in one kernel and in two, on the adapter of this machine',
    )
    .addArgument(modelArgument())
    .addOption(new Option('--target <target>', 'what to tune').choices(['wgsl']).makeOptionMandatory())
    .option(
      '--cache <file>',
      'where the choices go (default: wgsl-tuning.json in the cache folder of the user)',
    )
    .addOption(bindOption())
    .addOption(anyWorkOption())
    .option('--rounds <n>', 'profiled runs of each shape, interleaved', '15')
    .addOption(
      new Option(
        '--queue <url>',
        'measure on the adapter of a ghostc worker instead: redis://..., rediss://...',
      ).env('GHOSTC_QUEUE'),
    )
    .option(
      '--store <place>',
      'where the worker takes the model from: a folder, or s3://BUCKET/PREFIX',
      'sweep/store',
    )
    .option('--json', 'print the choices as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  ghostc tune model.onnx --target wgsl\n  ghostc tune ghostnet:1.0 --target wgsl --rounds 5 --cache tuned.json\n  ghostc tune model.onnx --target wgsl --queue redis://10.0.0.5:6379   (and ghostc worker on the machine with the GPU)\n  ghostc compile model.onnx --target wgsl --tuned --out web/\n  ghostc compile model.onnx --target wgsl --tuned --cache tuned.json --out web/',
    )
    .action(runTune);
}

async function runTune(model: string, flags: TuneFlags): Promise<void> {
  const rounds = Number(flags.rounds);
  if (!Number.isInteger(rounds) || rounds < 1)
    throw new CompileError('cli/rounds', `--rounds expects a positive integer, found ${flags.rounds}`);
  const file = flags.cache ?? defaultCacheFile();
  const cache = readTuningCache(file);
  const progress = startProgress(`reading ${model}`);
  try {
    const loaded = loadModel(model, { bind: flags.bind });
    checkWork(loaded, flags, CALIBRATION_RUNS);
    const result = await tuned(loaded.graph, rounds, { ...flags, progress });
    writeTuningCache(file, withTuning(cache, result));
    progress.stop();
    report(result, file, flags);
  } finally {
    progress.stop();
  }
}

async function tuned(
  graph: Graph,
  rounds: number,
  { queue, store: place, progress }: Pick<TuneFlags, 'queue' | 'store'> & { readonly progress: Progress },
): Promise<TuneResult> {
  if (queue === undefined) return tuneWgsl(graph, { rounds, onStep: (what) => showStep(progress, what) });
  const store = openStore(place);
  const engine = await openQueue(queue, 0);
  try {
    showStep(progress, 'waiting for a worker');
    return await tuneThere(graph, rounds, { engine, store });
  } finally {
    await engine.close();
  }
}

function report(result: TuneResult, file: string, { json }: TuneFlags): void {
  if (json) {
    console.log(JSON.stringify({ ...result, cache: file }, null, 2));
    return;
  }
  const milliseconds = (nanoseconds: number): string => (nanoseconds / 1e6).toFixed(3);
  const choices = [
    ...result.ghosts.map((ghost) => ({ ...ghost, choice: formText(ghost.form) })),
    ...result.layers.map((layer) => ({ ...layer, choice: shapeText(layer.shape) })),
  ];
  const rows = choices.map(({ key, choice, nanoseconds, staticNanoseconds }) => [
    key,
    choice,
    milliseconds(nanoseconds),
    milliseconds(staticNanoseconds),
    (staticNanoseconds / nanoseconds).toFixed(2),
  ]);
  console.log(formatTable(['layer', 'best', 'ms', 'ms, static', 'ratio'], rows));
  console.log(
    `whole network: ${result.tuned.toFixed(1)} ms, static ${result.static.toFixed(1)} ms, ratio ${result.ratio.toFixed(2)} (median of rounds)`,
  );
  if (result.lost) console.log('The faster layers make no faster network here: the static choices are kept.');
  console.log(`${result.adapter}: ${choices.length} choices in ${file}`);
}

function shapeText({ blocks, group }: TuneResult['layers'][number]['shape']): string {
  return `${4 * blocks} channels, ${group} invocations`;
}

function formText({ fused, tile }: TuneResult['ghosts'][number]['form']): string {
  if (!fused) return 'two kernels';
  return tile ? `one, ${4 * tile.blocks} channels, tiles of ${tile.rows}x${tile.columns}` : 'one kernel';
}
