import { CompileError } from '@ghostc/ir';
import type { Normalization } from '@ghostc/quant';

/** How calibration files become network inputs: the flags of `ghostc quantize` as data. */
export interface CalibrationSpec extends Normalization {
  /** Shape of a raw file's data. */
  readonly shape?: readonly number[] | undefined;
  readonly dtype: 'u8' | 'f32';
  /** Order of axes in arrays and raw files. */
  readonly layout: 'nchw' | 'nhwc';
  /** Images: the shorter side, or [height,width]. */
  readonly resize?: readonly number[] | undefined;
  /** Images: [height,width] cut from the middle; the network's size if absent. */
  readonly crop?: readonly number[] | undefined;
  readonly order: 'rgb' | 'bgr';
  /** Use at most this many samples. */
  readonly limit?: number | undefined;
}

export interface CalibrationFlags {
  readonly shape?: string;
  readonly dtype?: 'u8' | 'f32';
  readonly layout?: 'nchw' | 'nhwc';
  readonly mean?: string;
  readonly std?: string;
  readonly scale?: string;
  readonly resize?: string;
  readonly crop?: string;
  readonly order?: 'rgb' | 'bgr';
  readonly limit?: string;
}

/** Reads the flags; throws `cli/option` for text that is no number or shape. */
export function parseCalibrationSpec(flags: CalibrationFlags): CalibrationSpec {
  return {
    shape: flags.shape === undefined ? undefined : sizes(flags.shape, '--shape'),
    dtype: flags.dtype ?? 'u8',
    layout: flags.layout ?? 'nchw',
    mean: numbers(flags.mean ?? '0', '--mean'),
    std: numbers(flags.std ?? '1', '--std'),
    scale: flags.scale === undefined ? undefined : number(flags.scale, '--scale'),
    resize: flags.resize === undefined ? undefined : sizes(flags.resize, '--resize'),
    crop: flags.crop === undefined ? undefined : square(sizes(flags.crop, '--crop')),
    order: flags.order ?? 'rgb',
    limit: flags.limit === undefined ? undefined : sizes(flags.limit, '--limit')[0],
  };
}

function square(given: readonly number[]): readonly number[] {
  return given.length === 1 ? [...given, ...given] : given;
}

/** `0.485,0.456,0.406` */
function numbers(text: string, flag: string): number[] {
  return text.split(',').map((part) => number(part, flag));
}

function number(text: string, flag: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (Number.isFinite(value)) return value;
  throw new CompileError('cli/option', `${flag} expects numbers, found ${JSON.stringify(text)}`);
}

/** `200x1x28x28`, `224` */
function sizes(text: string, flag: string): number[] {
  const values = text.split(/[x,]/).map(Number);
  if (values.every((value) => Number.isSafeInteger(value) && value > 0)) return values;
  throw new CompileError(
    'cli/option',
    `${flag} expects sizes such as 200x1x28x28, found ${JSON.stringify(text)}`,
  );
}
