import { CompileError } from '@ghostc/ir';
import { assembleGhostNet, type GhostNetSpec, type GhostNetVersion } from './assemble-ghostnet.ts';
import { assembleGhostResNet50 } from './build-ghost-resnet50.ts';
import { assembleGhostVgg16 } from './build-ghost-vgg16.ts';
import { ghostNetV1 } from './build-ghostnet.ts';
import { ghostNetV2 } from './build-ghostnet-v2.ts';
import { ghostNetV3 } from './build-ghostnet-v3.ts';
import { repGhostNet } from './build-repghostnet.ts';
import type { LayerBuilder } from './layer-builder.ts';
import type { RatioModelOptions } from './ratio-model.ts';
import type { Weights } from './state.ts';

/** Families of models by their name in a specification. */
export const families = {
  ghostnet: width(ghostNetV1),
  ghostnetv1: width(ghostNetV1),
  ghostnetv2: width(ghostNetV2),
  ghostnetv3: width(ghostNetV3.reparameterized),
  'ghostnetv3-training': width(ghostNetV3.training),
  repghostnet: width(repGhostNet),
  ghost_resnet50: ratioModel(assembleGhostResNet50),
  ghost_vgg16: ratioModel(assembleGhostVgg16),
} as const satisfies Record<string, Assemble>;

export type Family = keyof typeof families;

export interface ModelSpec {
  readonly family: Family;
  /** Width multiplier of a GhostNet, ratio s of a Ghost-ResNet or Ghost-VGG. */
  readonly size: number;
  readonly resolution?: number;
  readonly classes?: number;
  /** For a GhostNet: the settings in its specification besides the size. */
  readonly blocks?: BlockSettings;
}

/** Settings of a GhostNet's blocks. */
export type BlockSettings = Partial<Pick<GhostNetSpec, 'ratio' | 'dwSize' | 'depth' | 'se'>>;

type Assemble = (spec: Omit<ModelSpec, 'family'>, weights: Weights) => LayerBuilder;

function width(version: GhostNetVersion): Assemble {
  const dropout = version.output === 'squeezed' ? { dropout: 0 } : {};
  return ({ size, blocks, ...spec }, weights) =>
    assembleGhostNet({ ...spec, ...blocks, ...dropout, width: size, weights }, version);
}

function ratioModel(assemble: (options: RatioModelOptions) => LayerBuilder): Assemble {
  return ({ size, blocks, ...spec }, weights) => {
    const [setting] = Object.keys(blocks ?? {});
    if (setting === undefined) return assemble({ ...spec, ratio: size, weights });
    throw new CompileError('ghostnet/spec', `${setting} is a setting of a ghostnet: model only`);
  };
}

export function isFamily(name: string): name is Family {
  return Object.hasOwn(families, name);
}
