import {
  ArenaLimitError,
  type CompileFilesOptions,
  type CProgram,
  compileC,
  compileFiles,
  compileShapes,
  type Device,
  devices,
  type IoForm,
  ioForms,
  type KernelChoice,
  kernelChoices,
  type Layout,
  layouts,
  packageFiles,
  type Target,
  targets,
  type WeightForm,
  weightForms,
} from '@ghostc/compiler';
import { CompileError, type Graph, withLocation } from '@ghostc/ir';
import type { Rounding } from '@ghostc/ops';
import { type Tuning, tuningFor, wasmModule } from '@ghostc/runtimes';
import { Argument, Command, Option } from 'commander';
import { bindingsOf, bindsOption } from '../bind-option.ts';
import { parseByteSize } from '../byte-size.ts';
import { readBounded } from '../calibration/read-bounded.ts';
import { formatCount } from '../format.ts';
import { loadModel } from '../load-model.ts';
import { parseCount } from '../parse-count.ts';
import { showStep, startProgress } from '../progress.ts';
import { roundingOption } from '../rounding-option.ts';
import { hasRuntime, runtimeSource } from '../runtime-source.ts';
import { defaultCacheFile, readTuningCache } from '../tuning-cache.ts';
import { writeFiles } from '../write-files.ts';

interface CompileFlags {
  readonly target: Target;
  readonly device?: Device;
  readonly out: string;
  readonly name?: string;
  readonly prefix?: string;
  readonly bind: ReadonlyMap<string, readonly number[]>;
  readonly weights?: WeightForm;
  readonly weightSection?: string;
  readonly unaligned: boolean;
  readonly observer?: boolean;
  readonly threads?: number;
  readonly pool?: boolean;
  readonly layout?: Layout;
  readonly matrices?: 'f32' | 'f16';
  readonly tuned?: boolean | string;
  readonly cache?: string;
  readonly maxRam?: number;
  readonly fetchRam?: number;
  readonly io?: IoForm;
  readonly selfTest?: boolean;
  readonly fuseGhost?: boolean;
  readonly channelsLast?: boolean;
  readonly kernels?: KernelChoice;
  readonly rounding?: Rounding;
  readonly labels?: string;
  readonly stateDict?: string;
  readonly seed: number;
  readonly json?: boolean;
}

export const modelArgument = (): Argument =>
  new Argument('<model>', 'an .onnx or .tflite file, a .gir text, or a spec: ghostnet:1.0, ghostnet:0.5@96');

export function compileCommand(): Command {
  return new Command('compile')
    .description(
      'compile a model to optimised ONNX, to TFLite, to WGSL, to WebAssembly, to both for pages, or to C',
    )
    .addArgument(modelArgument())
    .addOption(new Option('--target <target>', 'what to make').choices(targets).makeOptionMandatory())
    .addOption(new Option('--device <device>', 'target processor of the C').choices(devices))
    .requiredOption('--out <dir>', 'output folder; created if missing')
    .option('--name <name>', 'prefix of files and identifiers (also --prefix)')
    .addOption(new Option('--prefix <name>').hideHelp())
    .addOption(
      new Option(
        '--layout <layout>',
        'layout of the C files: for CMake, as an Arduino library, a Zephyr module, a component of ESP-IDF, a PlatformIO library, a CMSIS-Pack',
      ).choices(layouts),
    )
    .addOption(
      new Option(
        '--kernels <set>',
        "integer kernels of the C: plain C, or calls of CMSIS-NN, which you build; the device's own if absent",
      ).choices(kernelChoices),
    )
    .option(
      '--fuse-ghost',
      'Ghost modules in one kernel: in WGSL also where planes are large, in tiles; in C int8 ones, row by row, on Cortex-M4 and M7: as fast as two, with more scratch',
    )
    .option(
      '--self-test',
      'with the C, a function that runs it on a seeded input and compares its outputs with what they must be',
    )
    .option(
      '--observer',
      'with the C, a run function that calls yours before each layer: it may feed a watchdog, measure, or end the run',
    )
    .option(
      '--threads <n>',
      'with the C, a run function that computes parts of layers on up to n threads of yours: same bits for any number',
      parseCount,
    )
    .option('--pool', 'with --threads, a file that starts such threads: POSIX, or C11')
    .option(
      '--channels-last',
      "inputs and outputs of the TFLite as images lie there, NHWC, where they have four axes; the model's own order if absent",
    )
    .option('--weight-section <name>', 'linker section of the weights')
    .option(
      '--no-unaligned',
      'C that refuses to be compiled with unaligned loads and stores, for memory or settings where they fault',
    )
    .addOption(bindsOption())
    .addOption(
      new Option(
        '--weights <form>',
        'weights as hex words in C, as a .bin with .incbin, as a .bin that the caller gives to the run function, or as one of which it asks your function for ranges, those of the next layer while one computes',
      ).choices(weightForms),
    )
    .addOption(
      new Option('--matrices <type>', 'how WGSL stores weight matrices; sums are f32').choices([
        'f32',
        'f16',
      ]),
    )
    .addOption(
      new Option(
        '--max-ram <size>',
        'most bytes for the arena of the C, as in 320K: where it would be larger, layers run in bands of rows',
      ).argParser(parseByteSize),
    )
    .addOption(
      new Option(
        '--fetch-ram <size>',
        'most bytes for the buffer of fetched weights, as in 64K: where it would be larger, layers are split by output channels',
      ).argParser(parseByteSize),
    )
    .addOption(
      new Option(
        '--io <place>',
        "where the C has inputs and outputs: in the caller's buffers, or in the arena, where a dead input makes room",
      )
        .choices(ioForms)
        .default('caller'),
    )
    .option(
      '--tuned [adapter]',
      'WGSL kernels shaped as ghostc tune measured, on this adapter if there are several',
    )
    .option('--cache <file>', 'the file of ghostc tune')
    .option(
      '--labels <file>',
      'names of the classes, one a line, which a package for pages exports and shows',
    )
    .addOption(roundingOption())
    .option('--state-dict <file>', 'weights of a ghostnet: model, .safetensors')
    .option('--seed <n>', 'seed of the weights of a ghostnet: model', parseCount, 1)
    .option('--json', 'print what was written as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  ghostc compile model.onnx --target c --device cortex-m4 --out build/\n  ghostc compile ghostnet:0.5@96 --target wgsl --out web/\n  ghostc compile ghostnet:1.0 --target web --out web/\n  ghostc compile int8.onnx --target wasm --out web/\n  ghostc compile model.onnx --target web --bind N=1 --bind N=8 --out web/\n  ghostc compile model.onnx --target web --labels imagenet.txt --out web/\n  ghostc compile model.onnx --target c --device wasm32 --out build/\n  ghostc compile model.onnx --target onnx --out small/\n  ghostc compile int8.onnx --target tflite --channels-last --out build/\n  ghostc compile ghostnet:1.0 --target c --device cortex-m7 --max-ram 1M --out build/\n  ghostc compile vww.tflite --target c --device cortex-m4 --io arena --out build/\n  ghostc compile vww.tflite --target c --device cortex-m4 --self-test --layout cmake --out vww/\n  ghostc compile kws.tflite --target c --device cortex-m4 --observer --out build/\n  ghostc compile ghostnet:1.0 --target c --threads 2 --pool --out build/\n  ghostc compile kws.tflite --target c --device cortex-m55 --out build/\n  ghostc compile int8.onnx --target c --device cortex-m7 --weights fetch --out build/\n  ghostc compile model.onnx --target c --device cortex-m4 --layout zephyr --out module/',
    )
    .action(runCompile);
}

/** What `ghostc tune` measured, if asked for. */
function tuningOf({ tuned, cache }: CompileFlags): Tuning | undefined {
  if (!tuned) return undefined;
  return tuningFor(readTuningCache(cache ?? defaultCacheFile()), tuned === true ? undefined : tuned);
}

/** What packages for pages need besides the model. */
function pageOptions(target: Parameters<typeof runtimeSource>[0], flags: CompileFlags) {
  const labels = flags.labels === undefined ? undefined : labelsOf(flags.labels);
  return { runtime: runtimeSource(target), tuning: tuningOf(flags), buildWasm: wasmModule, labels };
}

function labelsOf(file: string): string[] {
  return new TextDecoder().decode(readBounded(file)).trimEnd().split(/\r?\n/);
}

/** Flags that not every target has, as the user writes them. */
const targetFlags: Readonly<
  Record<string, { readonly targets: readonly Target[]; readonly given: (flags: CompileFlags) => unknown }>
> = {
  '--device': { targets: ['c'], given: ({ device }) => device },
  '--layout': { targets: ['c'], given: ({ layout }) => layout },
  '--weights': { targets: ['c'], given: ({ weights }) => weights },
  '--weight-section': { targets: ['c'], given: ({ weightSection }) => weightSection },
  '--no-unaligned': { targets: ['c'], given: ({ unaligned }) => !unaligned },
  '--observer': { targets: ['c'], given: ({ observer }) => observer },
  '--threads': { targets: ['c'], given: ({ threads }) => threads !== undefined },
  '--pool': { targets: ['c'], given: ({ pool }) => pool },
  '--fetch-ram': { targets: ['c'], given: ({ fetchRam }) => fetchRam !== undefined },
  '--max-ram': { targets: ['c'], given: ({ maxRam }) => maxRam !== undefined },
  '--io arena': { targets: ['c'], given: ({ io }) => io === 'arena' },
  '--kernels': { targets: ['c'], given: ({ kernels }) => kernels },
  '--fuse-ghost': { targets: ['c', 'wgsl', 'web'], given: ({ fuseGhost }) => fuseGhost },
  '--self-test': { targets: ['c'], given: ({ selfTest }) => selfTest },
  '--channels-last': { targets: ['tflite'], given: ({ channelsLast }) => channelsLast },
  '--matrices': { targets: ['wgsl', 'web'], given: ({ matrices }) => matrices },
  '--tuned': { targets: ['wgsl', 'web'], given: ({ tuned }) => tuned },
  '--labels': { targets: ['wgsl', 'wasm', 'web'], given: ({ labels }) => labels },
  '--cache': { targets: ['wgsl', 'web'], given: ({ cache }) => cache },
};

/** Throws `cli/FLAG` for a flag that the target does not have. */
function checkTarget(flags: CompileFlags): void {
  for (const [flag, { targets, given }] of Object.entries(targetFlags)) {
    if (!given(flags) || targets.includes(flags.target)) continue;
    throw new CompileError(
      `cli/${/\w[\w-]*/.exec(flag)}`,
      `${flag} goes with --target ${targets.join(' or ')}, found ${flags.target}`,
    );
  }
}

function runCompile(model: string, flags: CompileFlags): void {
  checkTarget(flags);
  const progress = startProgress(`reading ${model}`);
  try {
    const bindings = bindingsFor(flags);
    const load = (bind: ReadonlyMap<string, number> | undefined) =>
      loadModel(model, { weights: flags.stateDict, seed: flags.seed, rounding: roundingFor(flags), bind });
    const loaded = load(bindings[0]);
    const { labels, ...plain } = flags;
    const options = {
      ...plain,
      ...(!flags.unaligned && { noUnaligned: true }),
      name: flags.name ?? flags.prefix ?? loaded.name,
      bind: undefined,
      ...(hasRuntime(flags.target) && pageOptions(flags.target, flags)),
      onPass: (name: string) => showStep(progress, name === 'lower' ? 'planning memory, writing' : name),
    };
    const { program, files } = withLocation({ file: model }, () => {
      if (bindings.length < 2 || !hasRuntime(flags.target)) return compiled(loaded.graph, flags, options);
      const models = bindings.map((bind, i) => ({ bind, graph: i ? load(bind).graph : loaded.graph }));
      return { program: null, files: compileShapes(models, flags.target, options) };
    });
    const written = writeFiles(flags.out, files);
    progress.stop();
    const sizes = [...files.values()].map((content) => Buffer.byteLength(content));
    report(
      written.map((path, i) => ({ path, bytes: sizes[i] ?? 0 })),
      program,
      flags,
    );
  } catch (error) {
    progress.stop();
    if (flags.json && error instanceof ArenaLimitError) console.log(JSON.stringify(missOf(error, flags)));
    throw error;
  } finally {
    progress.stop();
  }
}

/** The sizes of each program. Throws `cli/bind` where the target makes one, and several are asked for. */
function bindingsFor({ bind, target }: CompileFlags): ReadonlyMap<string, number>[] {
  const bindings = bindingsOf(bind);
  if (bindings.length < 2 || hasRuntime(target)) return bindings;
  const [name = '', sizes = []] = [...bind].find(([, list]) => new Set(list).size > 1) ?? [];
  throw new CompileError(
    'cli/bind',
    `--bind gives ${name} both ${sizes[0]} and ${sizes.find((size) => size !== sizes[0])}, which goes with --target wgsl, wasm or web, found ${target}`,
  );
}

/** TFLite's layers round twice, so for this target that is the default of a model that does not specify it. */
function roundingFor({ rounding, target }: CompileFlags): Rounding | undefined {
  return rounding ?? (target === 'tflite' ? 'double' : undefined);
}

function compiled(graph: Graph, { target, layout = 'plain' }: CompileFlags, options: CompileFilesOptions) {
  if (target !== 'c') return { program: null, files: compileFiles(graph, target, options) };
  const program = compileC(graph, options);
  return { program, files: packageFiles(program, layout) };
}

function missOf({ code, detail, miss }: ArenaLimitError, { target }: CompileFlags) {
  return { target, error: { code, message: detail, ...miss } };
}

/** How the C is called: `<name>_run` takes the inputs and outputs in this order. */
function callOf({ name, device, form, inputs, outputs }: CProgram) {
  return { name, device, weights: form, run: `${name}_run`, inputs, outputs };
}

/** What the caller of the C has to set aside, and how well it is planned. */
function memoryOf({ arenaBytes, arenaGap, weightBytes, streams }: CProgram) {
  return { arenaBytes, arenaGapBytes: arenaGap, weightBytes, streams };
}

function report(
  files: readonly { readonly path: string; readonly bytes: number }[],
  program: CProgram | null,
  { target, json }: CompileFlags,
): void {
  const memory = program && memoryOf(program);
  if (json) {
    console.log(JSON.stringify({ target, files, ...(program && { memory, program: callOf(program) }) }));
    return;
  }
  for (const { path, bytes } of files) console.log(`${formatCount(bytes).padStart(12)}  ${path}`);
  if (!memory) return;
  const { arenaBytes, arenaGapBytes: gap, streams } = memory;
  const proof = gap === 0 ? 'no plan takes less' : `${formatCount(gap)} above the proven lower bound`;
  console.log(`${formatCount(arenaBytes).padStart(12)}  bytes of arena${streams.length ? '' : `, ${proof}`}`);
  for (const { layers, bands, rows, output } of streams)
    console.log(
      `${''.padStart(12)}  ${layers} layers up to %${output} in ${bands} bands of ${rows} rows and up`,
    );
}
