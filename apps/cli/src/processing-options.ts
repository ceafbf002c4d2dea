import type { Postprocessing, Preprocessing } from '@ghostc/edit';
import { CompileError, dtypes } from '@ghostc/ir';

/** `scale=1/255,mean=0.5:0.4:0.3,dtype=u8,layout=nhwc,size=480x640` as settings. Throws `cli/settings`. */
export function preprocessingOf(text: string): Preprocessing {
  const readers: Readonly<Record<string, (value: string) => Preprocessing>> = {
    scale: (value) => ({ scale: numberOf(value) }),
    mean: (value) => ({ mean: numbersOf(value) }),
    std: (value) => ({ std: numbersOf(value) }),
    dtype: (value) => ({ dtype: oneOf(value, dtypes) }),
    layout: (value) => ({ layout: oneOf(value, ['nchw', 'nhwc'] as const) }),
    channels: (value) => ({ channels: oneOf(value, ['kept', 'reversed'] as const) }),
    fold: (value) => ({ fold: oneOf(value, ['where-exact', 'never'] as const) }),
    size: (value) => ({ size: sizeOf(value) }),
    input: (value) => ({ input: value }),
  };
  const parts = settingsOf(text).map(([key, value]) => {
    const read = readers[key];
    if (read && value !== undefined) return read(value);
    throw wrong(`one of ${Object.keys(readers).join(', ')} with a value`, key);
  });
  return Object.assign({}, ...parts);
}

/** `softmax`, `argmax,axis=1`, `top-k=5,output=scores` as a step. Throws `cli/settings`. */
export function postprocessingOf(text: string): Postprocessing {
  const [[kind = '', count] = [], ...rest] = settingsOf(text);
  const more = Object.fromEntries(rest);
  const odd = Object.keys(more).find((key) => key !== 'axis' && key !== 'output');
  if (odd !== undefined) throw wrong('axis or output', odd);
  const place = {
    ...(more.axis !== undefined && { axis: numberOf(more.axis) }),
    ...(more.output !== undefined && { output: more.output }),
  };
  if (kind === 'top-k') return { kind, k: numberOf(count ?? ''), ...place };
  return { kind: oneOf(kind, ['softmax', 'argmax']), ...place };
}

function settingsOf(text: string): [key: string, value?: string][] {
  return text.split(',').map((part) => {
    const [key = '', ...value] = part.split('=');
    return value.length ? [key, value.join('=')] : [key];
  });
}

function wrong(expected: string, found: string): CompileError {
  return new CompileError('cli/settings', `expected ${expected}, found ${JSON.stringify(found)}`);
}

/** A number, or a fraction of two: `1/255`. */
function numberOf(text: string): number {
  const [over = Number.NaN, under = 1, more] = text
    .split('/')
    .map((part) => (part.trim() ? Number(part) : Number.NaN));
  const value = over / under;
  if (Number.isFinite(value) && more === undefined) return value;
  throw wrong('a number or a fraction', text);
}

function numbersOf(text: string): number | number[] {
  return text.includes(':') ? text.split(':').map(numberOf) : numberOf(text);
}

function sizeOf(text: string): [number, number] {
  const [height, width, more] = text.split('x').map(Number);
  if (Number.isInteger(height) && Number.isInteger(width) && more === undefined)
    return [height ?? 0, width ?? 0];
  throw wrong('a size as HEIGHTxWIDTH', text);
}

function oneOf<const T extends string>(text: string, known: readonly T[]): T {
  const found = known.find((one) => one === text);
  if (found) return found;
  throw wrong(`one of ${known.join(', ')}`, text);
}
