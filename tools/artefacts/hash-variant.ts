import { createHash } from 'node:crypto';
import type { OutputFiles } from '@ghostc/compiler';
import { CompileError } from '@ghostc/ir';
import type { ArtefactVariant } from './artefact-variants.ts';

/** One line `sha256 model target options file` for each file; a refusal is the file `refused:CODE`, a crash `crashed`. */
export function hashVariant(model: string, { target, options, files }: ArtefactVariant): string[] {
  const line = ([name, content]: readonly [string, string | Uint8Array]): string =>
    [sha256(content), model, target, options.replaceAll(' ', ','), name].join(' ');
  return [...outcomeOf(files)].map(line);
}

function outcomeOf(files: () => OutputFiles): OutputFiles {
  try {
    return files();
  } catch (error) {
    if (error instanceof CompileError) return new Map([[`refused:${error.code}`, '']]);
    return new Map([['crashed', String(error)]]);
  }
}

function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
