import { CompileError, type Graph } from '@ghostc/ir';
import { buildGhostResNet50 } from './build-ghost-resnet.ts';
import { buildGhostVgg16 } from './build-ghost-vgg.ts';
import { buildGhostNet } from './build-ghostnet.ts';
import { parseGhostNetSpec } from './parse-ghostnet-spec.ts';
import type { Weights } from './state.ts';

const BACKBONE = /^(ghost-resnet50|ghost-vgg16)(?::(\d+))?(?:\/(\d+))?$/;

/** Whether a text names a model to be built, rather than a file. */
export function isModelSpec(text: string): boolean {
  return /^ghostnet(?:v\d)?(?:-training)?:/.test(text) || /^ghost-(?:resnet50|vgg16)(?:[:/]|$)/.test(text);
}

/**
 * Builds what a spec names: `ghostnet:1.0@224/1000` and its generations (see parseGhostNetSpec),
 * `ghost-resnet50[:RATIO][/CLASSES]`, `ghost-vgg16[:RATIO][/CLASSES]`. Throws `ghostnet/spec`, `ghostnet/state-dict`.
 */
export function buildFromSpec(text: string, weights: Weights): Graph {
  return text.startsWith('ghost-')
    ? buildBackbone(text, weights)
    : buildGhostNet({ ...parseGhostNetSpec(text), weights });
}

function buildBackbone(text: string, weights: Weights): Graph {
  const match = BACKBONE.exec(text);
  if (!match)
    throw new CompileError(
      'ghostnet/spec',
      `expected ghost-resnet50 or ghost-vgg16, then [:RATIO][/CLASSES], as in ghost-resnet50:2/1000, found ${JSON.stringify(text.slice(0, 80))}`,
    );
  const [, family, ratio = '2', classes] = match;
  const build = family === 'ghost-vgg16' ? buildGhostVgg16 : buildGhostResNet50;
  return build({
    weights,
    ratio: Number(ratio),
    ...(classes !== undefined && { classes: Number(classes) }),
  });
}
