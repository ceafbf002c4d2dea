import type { Value } from '@ghostc/ir';
import type { Dialect, GhostBuilder } from './dialect.ts';
import { below, type ConvSpec, channelsOf } from './layer-builder.ts';

/** The three convolutions that V3 trains as branches. */
export type UnitPart = 'primary' | 'cheap' | 'dw';

export interface ConvUnit {
  readonly part: UnitPart;
  readonly conv: ConvSpec;
  readonly activation: 'relu' | 'none';
}

/** Published names of the parts; V3's re-parameterised convolutions take those of V1. */
export const unitNames: Readonly<
  Record<UnitPart, { readonly conv: string; readonly norm: string; readonly relu: string }>
> = {
  primary: { conv: 'primary_conv.0', norm: 'primary_conv.1', relu: 'primary_conv.2' },
  cheap: { conv: 'cheap_operation.0', norm: 'cheap_operation.1', relu: 'cheap_operation.2' },
  dw: { conv: 'conv_dw', norm: 'bn_dw', relu: 'act_dw' },
};

type WriteUnit = (build: GhostBuilder, path: string, x: Value, unit: ConvUnit) => Value;

/** act(bn(conv(x))) at `path`, as the builder's generation of GhostNet writes it. */
export const convUnit: WriteUnit = (build, path, x, unit) => {
  const y = writers[build.dialect.convolution](build, path, x, unit);
  if (unit.activation === 'none') return y;
  const plain = build.dialect.convolution === 'batch-norm';
  return build.relu(below(path, plain ? unitNames[unit.part].relu : `${unit.part}_activation`), y);
};

const normalized: WriteUnit = (build, path, x, { part, conv }) => {
  const names = unitNames[part];
  return build.batchNorm(below(path, names.norm), build.conv(below(path, names.conv), x, conv));
};

const folded: WriteUnit = (build, path, x, { part, conv }) =>
  build.conv(below(path, unitNames[part].conv), x, { ...conv, bias: 'bias' });

const CONV_BRANCHES = 3;

/**
 * y = bn(conv1x1(x)) + bn(x) + sum of three bn(conv(x)): the scale branch where the kernel is larger than 1x1, the skip
 * where shapes allow (GhostNetV3, Liu et al. 2024).
 */
const branches: WriteUnit = (build, path, x, { part, conv }) => {
  const at = (branch: string): string => below(path, `${part}_rpr_${branch}`);
  const { kernel, stride = 1 } = conv;
  const scale = kernel === 1 ? [] : [branch(at('scale'), { ...conv, kernel: 1 })];
  const skip = stride === 1 && conv.out === channelsOf(x) ? [branch(at('skip'))] : [];
  const convs = Array.from({ length: CONV_BRANCHES }, (_, i) => branch(at(`conv.${i}`), conv));
  return sumBranches(build, below(path, `${part}_sum`), x, [...scale, ...skip, ...convs]);
};

interface Branch {
  readonly path: string;
  /** Absent: the batch norm alone. */
  readonly conv?: ConvSpec;
}

function branch(path: string, conv?: ConvSpec): Branch {
  return conv ? { path, conv } : { path };
}

/** Adds branch to branch as they are computed. The initial gain keeps the variance of the sum near that of one. */
function sumBranches(build: GhostBuilder, path: string, x: Value, all: readonly Branch[]): Value {
  const gain = 1 / Math.sqrt(all.length);
  const [first, ...rest] = all.map(({ path, conv }) => (): Value => {
    if (!conv) return build.batchNorm(path, x, gain);
    return build.batchNorm(`${path}.bn`, build.conv(`${path}.conv`, x, conv), gain);
  });
  return rest.reduce((sum, term) => build.node('add', path, [sum, term()]), (first as () => Value)());
}

const writers: Readonly<Record<Dialect['convolution'], WriteUnit>> = {
  'batch-norm': normalized,
  folded,
  branches,
};
