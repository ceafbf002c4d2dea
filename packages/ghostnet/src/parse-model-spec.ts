import { CompileError } from '@ghostc/ir';
import { families, isFamily, type ModelSpec } from './families.ts';

const FORM = /^([a-z0-9_-]+):(\d+(?:\.\d+)?)x?(?:@(\d+))?(?:\/(\d+))?$/;

/** Whether a text names a model to build, rather than a file: `FAMILY:...` of a known family. */
export function isModelSpec(text: string): boolean {
  return isFamily(text.split(':')[0] ?? '') && text.includes(':');
}

/**
 * Reads `FAMILY:SIZE[@RESOLUTION][/CLASSES]`, e.g. `ghostnet:1.0`, `ghostnetv2:1.0@192/10`, `ghost_vgg16:2`. SIZE is the
 * width of a GhostNet, or the ratio s of a Ghost-ResNet or Ghost-VGG. Throws `ghostnet/spec`.
 */
export function parseModelSpec(text: string): ModelSpec {
  const [, family = '', size, resolution, classes] = FORM.exec(text) ?? [];
  if (!isFamily(family))
    throw new CompileError(
      'ghostnet/spec',
      `expected FAMILY:SIZE[@RESOLUTION][/CLASSES], as in ghostnet:1.0 or ghostnetv2:1.0@192/10, found ${JSON.stringify(text)}`,
      {},
      [`families: ${Object.keys(families).join(', ')}`],
    );
  return {
    family,
    size: Number(size),
    ...(resolution !== undefined && { resolution: Number(resolution) }),
    ...(classes !== undefined && { classes: Number(classes) }),
  };
}
