import {
  type Device,
  devices,
  type IoForm,
  ioForms,
  kernelChoices,
  type WeightForm,
  weightForms,
} from '@ghostc/backend-c';
import type { CompileCOptions } from '@ghostc/compiler';
import { CompileError } from '@ghostc/ir';

/** What a board reports about its program. */
export interface BoardDescription {
  /** As `ghostc fit` knows it. */
  readonly board: string;
  /** Of its clock. */
  readonly hertz: number;
  /** With which the program was compiled. */
  readonly options: CompileCOptions & { readonly name: string };
  /** Of the model and the options. */
  readonly sha256: string;
}

/** Reads what the firmware has as JSON. Throws `board/about`. */
export function parseDescription(text: string, file: string): BoardDescription {
  const wrong = (what: string): CompileError =>
    new CompileError('board/about', `the board describes its program otherwise than this ghostc: ${what}`, {
      file,
    });
  const { board, hertz, sha256, options } = fieldsOf(parsed(text, wrong));
  const { name, device, io, weights, kernels, maxRam, fetchRam } = fieldsOf(options);
  if (
    typeof board !== 'string' ||
    typeof name !== 'string' ||
    typeof sha256 !== 'string' ||
    typeof hertz !== 'number'
  )
    throw wrong('expected board, name, hertz and sha256');
  const oneOf = <T extends string>(value: unknown, list: readonly T[]): T | undefined => {
    const found = list.find((one) => one === value);
    if (value !== undefined && found === undefined)
      throw wrong(`expected one of ${list.join(', ')}, found ${JSON.stringify(value)}`);
    return found;
  };
  const sizeOf = (value: unknown): number | undefined => {
    if (value === undefined || typeof value === 'number') return value;
    throw wrong(`expected a number of bytes, found ${JSON.stringify(value)}`);
  };
  return {
    board,
    hertz,
    sha256,
    options: {
      name,
      device: oneOf<Device>(device, devices),
      io: oneOf<IoForm>(io, ioForms),
      weights: oneOf<WeightForm>(weights, weightForms),
      kernels: oneOf(kernels, kernelChoices),
      maxRam: sizeOf(maxRam),
      fetchRam: sizeOf(fetchRam),
      observer: true,
    },
  };
}

function parsed(text: string, wrong: (what: string) => CompileError): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw wrong('expected JSON');
  }
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
