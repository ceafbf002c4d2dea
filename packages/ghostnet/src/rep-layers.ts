import type { Value } from '@ghostc/ir';
import { type BottleneckParts, childPath, type DepthwiseSpec, type GhostModuleSpec } from './ghost-layers.ts';
import type { ConvSpec, LayerBuilder } from './layer-builder.ts';

/** Parallel convolutions of the full kernel in each block, as the published code sets it. */
const CONV_BRANCHES = 3;

/**
 * Training form of a convolution: bn(1x1 conv) if the kernel is larger, bn(x) if shapes allow, and bn(conv) three times,
 * all summed. Parameters at `path_rpr_scale`, `path_rpr_skip`, `path_rpr_conv.N`.
 */
function repConv(build: LayerBuilder, path: string, x: Value, spec: ConvSpec): Value {
  const { out, kernel, stride = 1 } = spec;
  const hasScale = kernel !== 1;
  const hasSkip = stride === 1 && Number(x.type.shape[1]) === out;
  // Seeded branches are independent: so the sum has the variance of one convolution.
  const gain = 1 / Math.sqrt(CONV_BRANCHES + Number(hasScale) + Number(hasSkip));
  const branch = (at: string, size: ConvSpec['kernel']): Value =>
    build.batchNorm(`${at}.bn`, build.conv(`${at}.conv`, x, { ...spec, kernel: size }), gain);
  const terms = [
    ...(hasScale ? [branch(`${path}_rpr_scale`, 1)] : []),
    ...(hasSkip ? [build.batchNorm(`${path}_rpr_skip`, x, gain)] : []),
    ...Array.from({ length: CONV_BRANCHES }, (_, i) => branch(`${path}_rpr_conv.${i}`, kernel)),
  ];
  return terms.reduce((sum, term) => build.node('add', `${path}_sum`, [sum, term]));
}

type MakeConv = (names: { training: string; plain: string }, x: Value, spec: ConvSpec) => Value;

function repGhostModule(
  build: LayerBuilder,
  path: string,
  { x, spec, conv }: { x: Value; spec: GhostModuleSpec; conv: MakeConv },
): Value {
  const { oup, kernelSize = 1, ratio = 2, dwSize = 3, stride = 1, activation = 'relu' } = spec;
  const init = Math.ceil(oup / ratio);
  const at = (part: string): string => childPath(path, part);
  const act = (part: string, value: Value): Value =>
    activation === 'relu' ? build.relu(at(part), value) : value;
  const primary = { training: at('primary'), plain: at('primary_conv.0') };
  const x1 = act('primary_activation', conv(primary, x, { out: init, kernel: kernelSize, stride }));
  const cheap = { training: at('cheap'), plain: at('cheap_operation.0') };
  const cheapSpec = { out: init * (ratio - 1), kernel: dwSize, depthwise: 'depthwise' } as const;
  const x2 = act('cheap_activation', conv(cheap, x1, cheapSpec));
  const both = build.node('concat', at('concat'), [x1, x2], { axis: 1 });
  return build.node('slice', at('slice'), [both], { starts: [0], ends: [oup], axes: [1] });
}

function partsWith(convOf: (build: LayerBuilder) => MakeConv): BottleneckParts {
  const ghost: BottleneckParts['ghost1'] = (build, path, x, spec) =>
    repGhostModule(build, path, { x, spec, conv: convOf(build) });
  const depthwise = (build: LayerBuilder, path: string, x: Value, { kernel, stride }: DepthwiseSpec) =>
    convOf(build)({ training: childPath(path, 'dw'), plain: childPath(path, 'conv_dw') }, x, {
      out: Number(x.type.shape[1]),
      kernel,
      stride,
      depthwise: 'depthwise',
    });
  return { ghost1: ghost, depthwise, ghost2: ghost };
}

/** GhostNetV3 in training: primary, cheap and strided depthwise convolutions are sums of branches. */
export const trainingParts = partsWith(
  (build) => (names, x, spec) => repConv(build, names.training, x, spec),
);

/** GhostNetV3 after re-parameterisation: one convolution with a bias for each. */
export const reparameterizedParts = partsWith(
  (build) => (names, x, spec) => build.conv(names.plain, x, { ...spec, bias: 'bias' }),
);
