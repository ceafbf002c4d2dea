import { compileTflite } from '@ghostc/compiler';
import { allSuites, type ConformanceCase, conform, joinCases } from '@ghostc/conformance';
import { CompileError, parseGraph } from '@ghostc/ir';
import { registry } from '@ghostc/ops';
import { expect, test } from 'vitest';
import { skipWithout } from '../process/require-tool.ts';
import { litertRuntime, litertTools } from './litert-runtime.ts';

/**
 * Infinities are the largest finite number after TFLite's kernels of sums and products, which clamp to its range, and NaN is
 * lost in MAXIMUM, MINIMUM and pools.
 */
const special = /special|nan|infinities|signed-zero|reciprocal\/ties/;

/** Cases whose outputs have names of their own do not go into one program. */
const cases = allSuites
  .flatMap((suite) => suite.cases)
  .filter(({ name, text }) => !special.test(name) && !/ as "/.test(text));

/** Why a case has no TFLite, if so. */
function refusalOf({ text }: ConformanceCase): string | undefined {
  try {
    compileTflite(parseGraph(text, { registry }));
    return undefined;
  } catch (error) {
    if (error instanceof CompileError && error.code.startsWith('tflite/')) return error.detail;
    throw error;
  }
}

const refusals = new Map(cases.map((one) => [one, refusalOf(one)]));

test('what has no TFLite form is refused by name', () => {
  const reasons = new Set([...refusals.values()].filter(Boolean));
  expect([...reasons].sort()).toMatchInlineSnapshot(`
    [
      "a dilated pool has no TFLite form",
      "a product of 6 axes has no TFLite form",
      "abs of i16 has no TFLite form",
      "abs of i64 has no TFLite form",
      "abs of i8 has no TFLite form",
      "abs of u8 has no TFLite form",
      "add of i8 has no TFLite form",
      "add of u8 has no TFLite form",
      "arg_max that takes the last of equals has no TFLite form",
      "arg_max_pool has no TFLite form",
      "arg_min that takes the last of equals has no TFLite form",
      "atan has no TFLite form",
      "div of i64 has no TFLite form",
      "erf has no TFLite form",
      "gather_elements has no TFLite form",
      "gather_nd has no TFLite form",
      "grid_sample has no TFLite form",
      "maximum of i8 has no TFLite form",
      "maximum of u8 has no TFLite form",
      "minimum of i8 has no TFLite form",
      "minimum of u8 has no TFLite form",
      "mod has no TFLite form",
      "mul of i8 has no TFLite form",
      "mul of u8 has no TFLite form",
      "neg of i16 has no TFLite form",
      "neg of i8 has no TFLite form",
      "quantize_linear rounds once, TFLite's kernel twice; read the model with --rounding double, as TFLite rounds",
      "relu of i16 has no TFLite form",
      "relu of i8 has no TFLite form",
      "scatter_nd has no TFLite form",
      "sign of i16 has no TFLite form",
      "sign of i64 has no TFLite form",
      "sign of i8 has no TFLite form",
      "sign of u8 has no TFLite form",
      "sub of i8 has no TFLite form",
      "sub of u8 has no TFLite form",
      "the element type bf16 has no TFLite form",
      "top_k has no TFLite form",
    ]
  `);
});

/** LiteRT's set of reference kernels has none of these: they run by the optimised ones. */
const optimized = /\b(elu|celu|ceil|round)\b/;

const programs = {
  exact: (one: ConformanceCase) => one.exact && !optimized.test(one.text),
  rounded: (one: ConformanceCase) => !one.exact && !optimized.test(one.text),
  optimized: (one: ConformanceCase) => optimized.test(one.text),
};

test.for(Object.entries(programs))(
  'every other case as LiteRT computes it: %s',
  async ([name, is], context) => {
    skipWithout(litertTools, 'tflite', context);
    const one = joinCases({ name, cases: cases.filter((each) => !refusals.get(each) && is(each)) });
    const { problems } = await conform(litertRuntime, { suites: [{ name, cases: [one] }] });
    expect(problems).toEqual([]);
  },
);
