import { guarded, mayBeUnused } from './guarded.ts';
import { mathFunctions } from './wasm-math-functions.ts';

/**
 * math.h for WebAssembly, which has no C library: what a program calls, no more. Functions of float are those of double, rounded
 * once.
 */
export function wasmMath(code: string): string {
  const called = [...mathFunctions.keys()].filter((name) => new RegExp(`\\b${name}f?\\(`).test(code));
  const blocks = withNeeds(called).map((name) => guarded(`wasm_${name}`, blockText(name)));
  return [guarded('wasm_math', instructions), ...blocks].join('\n\n');
}

/** The names after those that they need. */
function withNeeds(names: readonly string[], known = new Set<string>()): string[] {
  for (const name of names) {
    if (known.has(name)) continue;
    withNeeds(mathFunctions.get(name)?.needs ?? [], known);
    known.add(name);
  }
  return [...known];
}

function blockText(name: string): string {
  const { lines, params = 'x' } = mathFunctions.get(name) ?? { lines: [] };
  if (!params) return mayBeUnused(lines);
  return [
    mayBeUnused(lines),
    `#define ${name}(${params}) ghostc_${name}(${params})`,
    `#define ${name}f(${params}) ((float)ghostc_${name}(${params}))`,
  ].join('\n');
}

const builtins = ['fabs', 'sqrt', 'floor', 'ceil', 'trunc', 'copysign', 'signbit'];

/** What is one instruction. */
const instructions = [
  '#define NAN __builtin_nanf("")',
  '#define INFINITY __builtin_inff()',
  ...builtins.map((name) => `#define ${name} __builtin_${name}`),
  ...builtins.slice(0, 6).map((name) => `#define ${name}f __builtin_${name}f`),
  '#define rint __builtin_nearbyint',
  '#define rintf __builtin_nearbyintf',
].join('\n');
