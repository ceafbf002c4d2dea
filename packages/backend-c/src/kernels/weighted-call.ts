import type { CFunction, KernelCall, KernelContext, Prelude } from '../kernel.ts';
import { biasData, input } from './operands.ts';

/** The code of a float layer with weights. */
export interface WeightedCode {
  readonly hint: string;
  /** Works on x, w, b, the residual r where there is one, y, and its working memory. */
  readonly body: readonly string[];
  /** In the order that the body reads. */
  readonly weight: Float32Array;
  /** Output channels. */
  readonly channels: number;
  /** What differs between layers of one function, by the declaration of its parameter. */
  readonly differs?: Readonly<Record<string, string>>;
  /** Name of the working memory in the arena; absent: there is none, or it is on the stack. */
  readonly working?: string | undefined;
  readonly helpers?: readonly CFunction[];
  readonly needs?: readonly Prelude[];
}

export function weightedCall(context: KernelContext, code: WeightedCode): KernelCall {
  const { node, scratch } = context;
  const { hint, body, weight, channels, differs = {}, working, helpers = [], needs = [] } = code;
  const residual = node.inputs[3] ?? null;
  return {
    fn: {
      hint,
      params: [
        'const float *x',
        'const float *w',
        'const float *b',
        ...(residual ? ['const float *r'] : []),
        'float *y',
        ...Object.keys(differs),
        ...(working ? [`float *${working}`] : []),
      ],
      body,
      helpers,
      needs,
    },
    args: [
      context.pointer(input(node, 0)),
      context.weights(weight),
      context.weights(biasData(node, channels)),
      ...(residual ? [context.pointer(residual)] : []),
      context.pointer(node.output),
      ...Object.values(differs),
      ...(working && scratch ? [scratch] : []),
    ],
  };
}
