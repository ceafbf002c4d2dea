import { itemAt } from '@ghostc/ir';
import {
  type Affine,
  clampRange,
  type FixedMultiplier,
  type Requantized,
  type Rounding,
  reducedMultiplier,
} from '@ghostc/ops';
import { cType } from '../../c-type.ts';
import type { KernelContext, Prelude } from '../../kernel.ts';
import { limitPrelude, scalePreludes, scaleWidePrelude } from './scale-prelude.ts';

/** x scaled by constants, as a C expression; `x` an int32 expression. */
export function scaled(x: string, fixed: FixedMultiplier, rounding: Rounding): string {
  const left = fixed.shift > 0;
  const [name] = scalePreludes[rounding][left ? 'any' : 'right'];
  return `${name}(${x}, ${fixed.multiplier}, ${left ? fixed.shift : -fixed.shift})`;
}

/** The definitions that `scaled` depends on. */
export function scaledNeeds(all: readonly FixedMultiplier[], rounding: Rounding): Prelude[] {
  return all.map(({ shift }) => scalePreludes[rounding][shift > 0 ? 'any' : 'right'][1]);
}

/** `(int8_t)(limit(v, lo - z, hi - z) + z)` for constants. */
export function limited(v: string, attrs: Requantized): string {
  const [low, high] = clampRange(attrs);
  const zero = attrs.y_zero_point;
  return `(${cType(attrs.y_dtype)})(limit(${v}, ${low - zero}, ${high - zero})${plus(zero)})`;
}

/** ` + 3`, ` - 3` or nothing. */
export function plus(value: number): string {
  return value === 0 ? '' : value < 0 ? ` - ${-value}` : ` + ${value}`;
}

/** `(x - zero point)` as an int32 expression. */
export function centredText(x: string, { zeroPoint }: Affine): string {
  return `(${x}${plus(-zeroPoint)})`;
}

/** How a kernel turns accumulators into outputs. */
export interface OutputScale {
  readonly params: readonly string[];
  readonly args: readonly string[];
  readonly needs: readonly Prelude[];
  /** C expression of an output, from an accumulator and the number of its channel. */
  output(accumulator: string, channel: string): string;
}

interface Scaling {
  /** One for each channel, or one for all. */
  readonly multipliers: readonly FixedMultiplier[];
  /** 64-bit accumulators of 16-bit layers. */
  readonly wide: boolean;
  readonly attrs: Requantized;
}

/** Multipliers and shifts as tables by channel in the weights, or as numbers; limits and zero point as parameters, so that layers share code. */
export function outputScale({ weights }: Pick<KernelContext, 'weights'>, scaling: Scaling): OutputScale {
  const { multipliers, attrs } = scaling;
  const { name, prelude, multiplier, shift } = scaleFunction(scaling);
  const table = multipliers.length > 1;
  const at = (channel: string): string => (table ? `[${channel}]` : '');
  const [low, high] = clampRange(attrs);
  const zero = attrs.y_zero_point;
  const scale = table
    ? {
        params: ['const int32_t *qm', 'const int8_t *qs'],
        args: [
          weights(Int32Array.from(multipliers, multiplier)),
          weights(Int8Array.from(multipliers, shift)),
        ],
      }
    : {
        params: ['int32_t qm', 'int32_t qs'],
        args: [multiplier, shift].map((of) => String(of(itemAt(multipliers, 0)))),
      };
  return {
    params: [...scale.params, 'int32_t lo', 'int32_t hi', 'int32_t zy'],
    args: [...scale.args, ...[low - zero, high - zero, zero].map(String)],
    needs: [limitPrelude, prelude],
    output: (accumulator, channel) =>
      `(${cType(attrs.y_dtype)})(limit(${name}(${accumulator}, qm${at(channel)}, qs${at(channel)}), lo, hi) + zy)`,
  };
}

interface ScaleFunction {
  readonly name: string;
  readonly prelude: Prelude;
  readonly multiplier: (fixed: FixedMultiplier) => number;
  readonly shift: (fixed: FixedMultiplier) => number;
}

function scaleFunction({ multipliers, wide, attrs }: Scaling): ScaleFunction {
  if (wide)
    return {
      name: 'scale_wide',
      prelude: scaleWidePrelude,
      multiplier: reducedMultiplier,
      shift: (fixed) => 15 - fixed.shift,
    };
  const left = multipliers.some(({ shift }) => shift > 0);
  const [name, prelude] = scalePreludes[attrs.rounding][left ? 'any' : 'right'];
  return {
    name,
    prelude,
    multiplier: (fixed) => fixed.multiplier,
    shift: ({ shift }) => (left ? shift : -shift),
  };
}
