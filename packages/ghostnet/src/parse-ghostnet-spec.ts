import { CompileError } from '@ghostc/ir';
import type { GhostNetSpec } from './build-ghostnet.ts';

const FORM = /^ghostnet(?:v1)?:(\d+(?:\.\d+)?)x?(?:@(\d+))?(?:\/(\d+))?$/;

/** Reads `ghostnet:WIDTH[@RESOLUTION][/CLASSES]`, e.g. `ghostnet:1.0`, `ghostnet:0.5@96/10`. Throws `ghostnet/spec`. */
export function parseGhostNetSpec(text: string): GhostNetSpec {
  const match = FORM.exec(text);
  if (!match)
    throw new CompileError(
      'ghostnet/spec',
      `expected ghostnet:WIDTH[@RESOLUTION][/CLASSES], as in ghostnet:1.0 or ghostnet:0.5@96/10, found ${JSON.stringify(text)}`,
    );
  const [, width, resolution = '224', classes = '1000'] = match;
  return { width: Number(width), resolution: Number(resolution), classes: Number(classes), dropout: 0.2 };
}
