import { stopEngines } from '@ghostc/runtimes';
import { Command } from 'commander';
import { bindOption } from '../bind-option.ts';
import { type CalibrationFlags, parseCalibrationSpec } from '../calibration/calibration-spec.ts';
import { addDataOptions } from '../calibration/data-options.ts';
import { anyWorkOption, checkWork } from '../check-work.ts';
import type { Candidate } from '../evaluate/candidate.ts';
import { evaluate } from '../evaluate/evaluate.ts';
import { evaluationPage } from '../evaluate/evaluation-page.ts';
import { evaluationText } from '../evaluate/evaluation-text.ts';
import { openLabelled } from '../evaluate/labelled-data.ts';
import { spread } from '../evaluate/spread.ts';
import { runtimeKinds, runtimeOfModel } from '../find-runtime.ts';
import { type LoadedModel, loadModel } from '../load-model.ts';
import { parseCount, parseInteger, parsePositive } from '../parse-count.ts';
import { showStep, startProgress } from '../progress.ts';
import { writeFiles } from '../write-files.ts';
import { modelArgument } from './compile.ts';

interface EvaluateFlags extends CalibrationFlags {
  readonly data: string;
  readonly against: readonly string[];
  readonly labels?: string;
  readonly classes?: string;
  readonly labelOffset: number;
  readonly targets: string;
  readonly output?: string;
  readonly sample: number;
  readonly bind: ReadonlyMap<string, number>;
  readonly stateDict?: string;
  readonly seed: number;
  readonly anyWork?: boolean;
  readonly report?: string;
  readonly json?: boolean;
}

/** Of the interpreter and of C in an emulator, which take a hundred times as long as C on the host. */
const SLOW_ITEMS = 200;

const isSlow = (target: string): boolean => target === 'interpreter' || target.startsWith('c@');

export function evaluateCommand(): Command {
  const command = new Command('evaluate')
    .description(
      'measure the accuracy of a classifier on labelled data, of several models or targets side by side',
    )
    .addArgument(modelArgument())
    .requiredOption(
      '--data <path>',
      'a folder with a folder of pictures for each class, an .npz file of items and labels, or a .npy, .pb or raw file',
    )
    .option('--against <model...>', 'more models, on the same items', [])
    .option('--targets <list>', `comma-separated: original, ${runtimeKinds}`, 'c')
    .option(
      '--labels <file>',
      'classes of the items of an array: .npy, .txt, or raw integers; of an .npz, the name of the array',
    )
    .option('--classes <file>', 'names of the classes, one per line; folders may be some of them')
    .option(
      '--label-offset <n>',
      'added to every label, as 1 for a model with a background class',
      parseInteger,
      0,
    )
    .option('--output <name>', 'the output with the scores, where the model has several');
  return addDataOptions(command)
    .option('--limit <n>', 'use at most n items, spread evenly over the data')
    .option(
      '--sample <n>',
      'use at most n items in the interpreter and in emulators',
      parsePositive,
      SLOW_ITEMS,
    )
    .addOption(bindOption())
    .option('--state-dict <file>', 'weights of a ghostnet: model, .safetensors')
    .option('--seed <n>', 'seed of the weights of a ghostnet: model', parseCount, 1)
    .addOption(anyWorkOption())
    .option('--report <dir>', 'folder for evaluation.html')
    .option('--json', 'print JSON')
    .addHelpText('after', help)
    .action(runEvaluate);
}

const help = `
Top-1 with Wilson's interval, top-5, each class, and which classes are confused. With several models or targets, each is compared
with the first on the items that both ran: the difference with Newcombe's interval (method 10), and McNemar's exact test.
All intervals are 95 %. Equal scores are ordered by class, as in numpy.argmax.

Examples:
  ghostc evaluate model.onnx --data val/ --resize 256 --mean 0.485,0.456,0.406 --std 0.229,0.224,0.225
  ghostc evaluate model.onnx --against int8.onnx --data test.npz --targets c,c@cortex-m4 --report report/
  ghostc evaluate model.onnx --data images.bin --shape 2000x28x28 --labels labels.bin --mean 0.2860 --std 0.3530 --json`;

async function runEvaluate(model: string, flags: EvaluateFlags): Promise<void> {
  const progress = startProgress(`reading ${model}`);
  try {
    const models = [model, ...flags.against].map((name) => loaded(name, flags));
    const spec = parseCalibrationSpec(flags);
    const data = openLabelled({ ...flags, path: flags.data, spec, offset: flags.labelOffset });
    const items = spread(data.labels.length, spec.limit);
    const candidates = await candidatesOf(models, items, flags);
    const evaluation = await evaluate(data, candidates, (what, done, total) =>
      showStep(progress, total ? `${what}: ${done} of ${total}` : what),
    );
    progress.stop();
    console.log(
      flags.json ? JSON.stringify({ data: flags.data, ...evaluation }, null, 2) : evaluationText(evaluation),
    );
    if (!flags.report) return;
    const files = new Map([['evaluation.html', evaluationPage(evaluation, flags.data)]]);
    for (const file of writeFiles(flags.report, files)) console.error(`wrote ${file}`);
  } finally {
    progress.stop();
    await stopEngines();
  }
}

function loaded(model: string, flags: EvaluateFlags): LoadedModel {
  const found = loadModel(model, { weights: flags.stateDict, seed: flags.seed, bind: flags.bind });
  checkWork(found, flags);
  return found;
}

/** Every model on every target: the slow ones see a sample. */
async function candidatesOf(
  models: readonly LoadedModel[],
  items: readonly number[],
  { targets, sample, output }: EvaluateFlags,
): Promise<Candidate[]> {
  const sampled = new Set(spread(items.length, sample).map((i) => items[i] ?? 0));
  const all = new Set(items);
  const candidates: Candidate[] = [];
  for (const model of models)
    for (const name of targets.split(',').map((target) => target.trim())) {
      const runtime = await runtimeOfModel(name, model);
      candidates.push({ model, runtime, output, items: isSlow(name) ? sampled : all });
    }
  return candidates;
}
