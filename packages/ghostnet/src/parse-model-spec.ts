import { CompileError } from '@ghostc/ir';
import { type BlockSettings, families, isFamily, type ModelSpec } from './families.ts';

const FORM = /^([a-z0-9_-]+):(\d+(?:\.\d+)?)x?(?:@(\d+))?(?:\/(\d+))?((?:,[a-z]+=\d+(?:\.\d+)?)*)$/;

/** Settings of a GhostNet's blocks by their name in a specification. */
const settings = { ratio: 'ratio', dw: 'dwSize', depth: 'depth', se: 'se' } as const;

/** Whether a text names a model to build, rather than a file: `FAMILY:...` of a known family. */
export function isModelSpec(text: string): boolean {
  return isFamily(text.split(':')[0] ?? '') && text.includes(':');
}

/**
 * Reads `FAMILY:SIZE[@RESOLUTION][/CLASSES][,SETTING=NUMBER...]`, e.g. `ghostnet:1.0`, `ghostnetv2:1.0@192/10`,
 * `ghost_vgg16:2`. SIZE is the width of a GhostNet, or the ratio s of a Ghost-ResNet or Ghost-VGG. A GhostNet has the
 * settings `ratio`, `dw`, `depth` and `se` of its blocks, as in `ghostnet:0.5@96/10,ratio=3,dw=5,depth=0.5,se=0`. Throws
 * `ghostnet/spec`.
 */
export function parseModelSpec(text: string): ModelSpec {
  const [, family = '', size, resolution, classes, rest = ''] = FORM.exec(text) ?? [];
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
    ...(rest !== '' && { blocks: blockSettings(rest) }),
  };
}

/** Of `,ratio=3,se=0`. */
function blockSettings(text: string): BlockSettings {
  const pairs = text
    .slice(1)
    .split(',')
    .map((pair) => pair.split('='));
  for (const [name = ''] of pairs)
    if (!Object.hasOwn(settings, name))
      throw new CompileError(
        'ghostnet/spec',
        `expected one of the settings ${Object.keys(settings).join(', ')}, found ${name}`,
      );
  return Object.fromEntries(
    pairs.map(([name, value]) => [settings[name as keyof typeof settings], Number(value)]),
  );
}
