import { CompileError } from '@ghostc/ir';
import type { CProgram, Device } from '../c-program.ts';
import { isBuffer } from '../run-parameters.ts';

/** What every package states about a program. */
export interface PackageFacts {
  readonly version: string;
  readonly sentence: string;
  readonly paragraph: string;
  /** The user's to fill in. */
  readonly url: string;
}

export function packageFacts({ name, arenaBytes, weightBytes, outputs }: CProgram): PackageFacts {
  return {
    version: '1.0.0',
    sentence: `The neural network ${name} as C without dependencies.`,
    paragraph: `${arenaBytes} bytes of RAM ${outputs.some(isBuffer) ? 'beside' : 'with'} inputs and outputs, ${weightBytes} bytes of weights in flash.`,
    url: `https://example.org/${name}`,
  };
}

/** For builders that know no `.incbin` paths, or no flags of ours. Throws `backend-c/layout`. */
export function expectPlainC({ files, noUnaligned }: CProgram, what: string): void {
  if ([...files.keys()].some((file) => file.endsWith('.S')))
    throw new CompileError('backend-c/layout', `${what} needs its weights as C (--weights c)`);
  if (noUnaligned)
    throw new CompileError(
      'backend-c/layout',
      `${what} cannot ask for -mno-unaligned-access; expected no --no-unaligned, or another layout`,
    );
}

/** Throws `backend-c/layout` for a device whose code runs on nothing that a package is for. */
export function forDevice<T>(table: { readonly [D in Device]?: T }, device: Device, what: string): T {
  const found = table[device];
  if (found !== undefined) return found;
  throw new CompileError(
    'backend-c/layout',
    `${what} is for devices ${Object.keys(table).join(', ')}, found ${device}; expected one of them or another layout`,
  );
}
