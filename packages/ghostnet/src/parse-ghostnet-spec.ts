import { CompileError } from '@ghostc/ir';
import type { GhostNetVariant } from './dialect.ts';
import { checkGhostNetSpec, type GhostNetSpec } from './ghostnet-spec.ts';

const FORM = /^ghostnet(|v1|v2|v3|v3-training):(\d+(?:\.\d+)?)x?(?:@(\d+))?(?:\/(\d+))?$/;

/**
 * Reads `ghostnet:WIDTH[@RESOLUTION][/CLASSES]`, e.g. `ghostnet:1.0`, `ghostnet:0.5@96/10`; `ghostnetv2:`, `ghostnetv3:` and
 * `ghostnetv3-training:` for the later generations. Throws `ghostnet/spec`.
 */
export function parseGhostNetSpec(text: string): GhostNetSpec {
  const match = FORM.exec(text);
  if (!match)
    throw new CompileError(
      'ghostnet/spec',
      `expected ghostnet[v2|v3|v3-training]:WIDTH[@RESOLUTION][/CLASSES], as in ghostnet:1.0, ghostnet:0.5@96/10 or ghostnetv2:1.0, found ${JSON.stringify(text.slice(0, 80))}`,
    );
  const [, variant, width, resolution = '224', classes = '1000'] = match;
  const spec = {
    variant: (variant || 'v1') as GhostNetVariant,
    width: Number(width),
    resolution: Number(resolution),
    classes: Number(classes),
    dropout: 0.2,
  };
  checkGhostNetSpec(spec);
  return spec;
}
