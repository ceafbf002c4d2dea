import { CompileError } from '@ghostc/ir';
import { lookup } from '@ghostc/ops';
import type { Pattern, RootPattern } from './pattern.ts';
import { slotsOf } from './slots.ts';

/** Throws `rule/root`, `rule/arity` or `rule/same` for a pattern that can match nothing, or too much. */
export function checkPattern(pattern: RootPattern): void {
  for (const root of pattern.kind === 'roots' ? (pattern.inputs ?? []) : [pattern])
    if (root.kind !== 'op' && root.kind !== 'chain')
      throw new CompileError(
        'rule/root',
        `expected op() or chain() at the root, found ${String(root.kind)}()`,
      );
  visit(pattern, new Set());
}

/** `known`: names that are always captured before this part matches. */
function visit(pattern: Pattern, known: ReadonlySet<string>): void {
  const { kind, name = '', choices = [], inputs = [] } = pattern;
  if (kind === 'same' && !known.has(name))
    throw new CompileError(
      'rule/same',
      `same('${name}') names nothing that the pattern always captures; there are ${[...known].join(', ') || 'no captures'}`,
    );
  if (kind === 'op') checkArity(pattern);
  for (const choice of choices) visit(choice, known);
  const own = kind === 'op' || kind === 'chain' ? [name] : [];
  inputs.forEach((input, i) => {
    const beside = inputs.flatMap((other, j) => (i === j ? [] : [...alwaysCaptured(other)]));
    visit(input, new Set([...known, ...own, ...beside].filter(Boolean)));
  });
}

/** A node needs at least the op's required inputs. */
function checkArity({ ops = new Set(), inputs = [], allowsOthers }: Pattern): void {
  if (allowsOthers || inputs.at(-1)?.kind === 'each') return;
  for (const op of ops) {
    const { least } = slotsOf(lookup(op));
    if (inputs.length < least)
      throw new CompileError(
        'rule/arity',
        `${op} takes (${lookup(op).inputs.join(', ')}), the pattern lists ${inputs.length}: list all, or add .others()`,
      );
  }
}

/** Names that a part always captures; those of `each` are lists, so they cannot be compared with a value. */
function alwaysCaptured({ kind, name, choices = [], inputs = [] }: Pattern): Set<string> {
  if (kind === 'same' || kind === 'absent' || kind === 'each') return new Set();
  if (kind === 'either') {
    const [first = new Set<string>(), ...rest] = choices.map(alwaysCaptured);
    return new Set([...first].filter((one) => rest.every((names) => names.has(one))));
  }
  return new Set([...(name ? [name] : []), ...inputs.flatMap((input) => [...alwaysCaptured(input)])]);
}
