import {
  type CompileCOptions,
  type CompileWgslOptions,
  compileC,
  compileFiles,
  devices,
  type Layout,
  layouts,
  lowerForQuantizer,
  type OutputFiles,
  optimize,
  type Target,
  weightForms,
} from '@ghostc/compiler';
import { seededSamples } from '@ghostc/conformance';
import type { Graph } from '@ghostc/ir';
import { type QuantizeOptions, quantize } from '@ghostc/quant';
import type { ArtefactModel } from './artefact-models.ts';

/** One way to compile a model, with target and options as printed in the lines of hashes. */
export interface ArtefactVariant {
  readonly target: string;
  readonly options: string;
  files(): OutputFiles;
}

type Options = CompileCOptions & CompileWgslOptions & { readonly layout?: Layout };

/** Part of the arena that `--max-ram` leaves. */
const TIGHT = 0.7;

/** Every target and device with the main options, for the model in float and in int8. */
export function artefactVariants(model: ArtefactModel): ArtefactVariant[] {
  const bound = once(() => model.read('bound'));
  const forms = {
    float: bound,
    int8: once(() => inInt8(bound(), { io: 'int8' })),
    'int8-single': once(() => inInt8(bound(), { rounding: 'single' })),
  };
  return [
    variant('onnx', 'float', { graph: once(() => model.read('symbolic')) }),
    variant('onnx', 'int8', { graph: forms.int8 }),
    ...Object.entries(forms).flatMap(([form, graph]) => [...wgsl(form, graph), ...c(form, graph)]),
  ];
}

type GraphOf = () => Graph;

function wgsl(form: string, graph: GraphOf): ArtefactVariant[] {
  return [
    variant('wgsl', form, { graph }),
    variant('wgsl', `${form} matrices=f16`, { graph, matrices: 'f16' }),
    variant('wgsl', `${form} fuse-ghost`, { graph, fuseGhost: true }),
  ];
}

function c(form: string, graph: GraphOf): ArtefactVariant[] {
  const on = (options: string, settings: Options) =>
    variant(`c@${settings.device ?? 'host'}`, `${form}${options}`, { graph, ...settings });
  return [
    ...devices.map((device) => on('', { device })),
    ...weightForms.map((weights) => on(` weights=${weights}`, { weights })),
    ...layouts.map((layout) => on(` layout=${layout}`, { layout, device: 'cortex-m4' })),
    on(' self-test', { selfTest: true }),
    on(' io=arena', { io: 'arena', device: 'cortex-m4' }),
    on(' fuse-ghost', { fuseGhost: true, device: 'cortex-m4' }),
    on(' fuse-ghost', { fuseGhost: true, device: 'cortex-m7' }),
    on(' kernels=portable', { kernels: 'portable', device: 'cortex-m4' }),
    on(' kernels=cmsis-nn', { kernels: 'cmsis-nn', device: 'cortex-m4' }),
    on(' kernels=cmsis-nn', { kernels: 'cmsis-nn', device: 'cortex-m55' }),
    on(' no-unaligned', { noUnaligned: true, device: 'cortex-m7' }),
    ...(['host', 'cortex-m4'] as const).map((device) => inBands(form, { graph, device })),
  ];
}

/** In an arena that is too small for whole layers. */
function inBands(form: string, { graph, ...settings }: Options & { graph: GraphOf }): ArtefactVariant {
  return {
    target: `c@${settings.device}`,
    options: `${form} max-ram`,
    files: () => {
      const { arenaBytes } = compileC(graph(), settings);
      return compileFiles(graph(), 'c', { ...settings, maxRam: Math.floor(arenaBytes * TIGHT) });
    },
  };
}

function variant(
  target: string,
  options: string,
  { graph, ...settings }: Options & { graph: GraphOf },
): ArtefactVariant {
  const [emitted] = target.split('@');
  return { target, options, files: () => compileFiles(graph(), emitted as Target, settings) };
}

function inInt8(model: Graph, options: QuantizeOptions): Graph {
  const float = lowerForQuantizer(optimize(model));
  return quantize(float, seededSamples(float, 1), options).graph;
}

/** Computes on the first call, and gives or throws the same afterwards. */
function once<T>(compute: () => T): () => T {
  let outcome: (() => T) | undefined;
  return () => {
    outcome ??= settle(compute);
    return outcome();
  };
}

function settle<T>(compute: () => T): () => T {
  try {
    const value = compute();
    return () => value;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}
