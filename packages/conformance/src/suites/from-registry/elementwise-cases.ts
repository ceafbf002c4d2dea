import { type OpDefinition, registry } from '@ghostc/ops';
import type { InputValues } from '../../input-values.ts';
import { attrsText } from '../attrs-text.ts';
import { type Entry, modelText, ofOne, suiteOf } from './model-text.ts';
import { activations } from './window-cases.ts';

const ops = [...registry.values()];
const has = (op: OpDefinition, ...traits: Parameters<OpDefinition['traits']['has']>[0][]): boolean =>
  traits.every((trait) => op.traits.has(trait));

/** Ops of one operand on numbers: not those that convert, connect or quantise. */
const unaryOps = ops.filter(
  (op) =>
    has(op, 'unary') &&
    !/^(cast|identity|dropout|logical|dequantize|quantize|requantize|qlinear)/.test(op.name),
);
const binaryOps = ops.filter(
  (op) => has(op, 'binary') && !has(op, 'comparison') && !/^(qlinear|logical)/.test(op.name),
);
const comparisons = ops.filter((op) => has(op, 'comparison'));
const connectives = ops.filter((op) => has(op, 'binary') && op.name.startsWith('logical'));

/** Shapes of ranks 1 to 6, none square, each with a kind of values. */
const unaryForms: readonly (readonly [InputValues, string])[] = [
  ['ties', '129'],
  ['special', '2,3,1,5,2,3'],
  ['wide', '3,5,17'],
  ['steep', '2,33,3'],
  ['uniform', '3,1,7,5,2'],
];

const isExact = (op: OpDefinition): boolean => op.traits.has('exact');

function unaryEntries(): Entry[] {
  return unaryOps.flatMap((op) => {
    const node = `${op.name} %x${attrsText(op.name)}`;
    const floats = unaryForms.map(([values, shape]) => ({
      name: `${op.name}/${values}`,
      text: ofOne(`f32[${shape}]`, node),
      values,
      exact: isExact(op),
    }));
    const half: Entry = {
      name: `${op.name}/f16`,
      text: ofOne('f16[3,17,5]', node),
      values: 'ties',
      exact: isExact(op),
    };
    return [...floats, half];
  });
}

/** Functions without rounding or parameters that have an integer form: they distinguish 0 from -0. */
const signedZeroOps = unaryOps.flatMap((op) =>
  isExact(op) && op.computed === 'unary' && Object.keys(op.attrs).length === 0 ? [op.name] : [],
);

/** Signs of zeros, made visible by 1 / x. */
function zeroEntries(): Entry[] {
  return signedZeroOps.map((op) => ({
    name: `${op}/signed-zero`,
    text: modelText({ inputs: { x: 'f32[5,13]' }, nodes: [`%z = ${op} %x`, '%y = reciprocal %z'] }),
    values: op === 'neg' || op === 'abs' ? 'special' : 'ties',
  }));
}

const integers = ['i8', 'u8', 'i16', 'i32', 'i64'] as const;
const integerOps = unaryOps.flatMap(({ name, onIntegers, attrs }) =>
  onIntegers === 'none' || Object.keys(attrs).length ? [] : [name],
);

function unaryIntegerEntries(): Entry[] {
  return integers.flatMap((dtype) =>
    integerOps
      .filter((op) => !dtype.startsWith('u') || /abs|sign/.test(op))
      .map((op) => ({
        name: `${op}/${dtype}`,
        text: ofOne(`${dtype}[5,13]`, `${op} %x`),
        values: 'uniform' as const,
        exact: true,
      })),
  );
}

/**
 * Shapes of two operands. Every axis is broadcast somewhere; ranks differ, and so do sizes that could be
 * confused.
 */
const pairs: Readonly<Record<string, readonly [string, string]>> = {
  same: ['3,17,5', '3,17,5'],
  channel: ['3,33,2,5', '33,1,1'],
  row: ['2,3,4,5', '4,1'],
  batch: ['3,2,5', '3,1,1'],
  both: ['3,1,5,1', '4,1,7'],
  left: ['7', '2,3,7'],
  scalar: ['1', '5,3,1,2,2,3'],
};

const pairText = (op: string, [a, b]: readonly [string, string], dtype = 'f32', rest = ''): string =>
  modelText({ inputs: { a: `${dtype}[${a}]`, b: `${dtype}[${b}]` }, nodes: `%y = ${op} %a, %b${rest}` });

/** ONNX's Mod of floats is C's fmod. */
const plainAttrs = (op: string): string => (op === 'mod' ? ' {fmod=true}' : '');
/** Powers of negative numbers and quotients by numbers near 0 have no bound. */
const plainValues = (op: string): InputValues =>
  op === 'mod' ? 'ties' : /^(pow|div)$/.test(op) ? 'positive' : 'uniform';

function binaryEntries(): Entry[] {
  return binaryOps.flatMap(({ name, traits }) => {
    const exact = traits.has('exact');
    const formed = Object.entries(pairs)
      .filter(([form]) => name !== 'prelu' || form === 'same' || form === 'channel' || form === 'row')
      .map(
        ([form, shape]): Entry => ({
          name: `${name}/${form}`,
          text: pairText(name, shape, 'f32', plainAttrs(name)),
          values: plainValues(name),
          exact,
        }),
      );
    const rest: Entry[] = [
      { name: `${name}/special`, text: pairText(name, ['3,22,5', '3,22,5']), values: 'special', exact },
      {
        name: `${name}/f16`,
        text: pairText(name, ['3,17,5', '17,1'], 'f16', plainAttrs(name)),
        values: plainValues(name),
        exact,
      },
    ];
    return [...formed, ...(name === 'mod' ? rest.slice(1) : rest)];
  });
}

/** One pair for every activation that a sum can fuse. */
function activationEntries(): Entry[] {
  return Object.entries(activations).map(([name, parameters]) => ({
    name: `add/then-${name}`,
    text: pairText('add', ['2,5,3,7', '5,1,7'], 'f32', ` {activation="${name}"${parameters}}`),
    values: 'ties',
  }));
}

function integerEntries(): Entry[] {
  const dtypes = ['i32', 'u8', 'i8', 'i64'] as const;
  const wrapping = ['add', 'sub', 'mul', 'minimum', 'maximum'];
  const entries = dtypes.flatMap((dtype) =>
    wrapping.map(
      (op): Entry => ({
        name: `${op}/${dtype}`,
        text: pairText(op, ['5,13', '13'], dtype),
        values: 'extremes',
        exact: true,
      }),
    ),
  );
  const divided = (['div', 'mod'] as const).flatMap((op) =>
    (['i32', 'i64'] as const).map(
      (dtype): Entry => ({
        name: `${op}/${dtype}`,
        text: modelText({
          inputs: { a: `${dtype}[5,6]` },
          constants: { b: `${dtype}[6] = [-7, 3, 2, -3, 7, 5]` },
          nodes: `%y = ${op} %a, %b`,
        }),
        exact: true,
      }),
    ),
  );
  return [...entries, ...divided];
}

function comparisonEntries(): Entry[] {
  const relation = (op: string): Entry[] => [
    { name: `${op}/ties`, text: pairText(op, ['3,17,5', '17,1']), values: 'ties', exact: true },
    { name: `${op}/special`, text: pairText(op, ['38', '3,38']), values: 'special', exact: true },
    { name: `${op}/i32`, text: pairText(op, ['2,3,5', '3,1'], 'i32'), values: 'ties', exact: true },
  ];
  const connective = (op: string): Entry[] => [
    { name: `${op}/both`, text: pairText(op, ['3,1,5', '4,1'], 'bool'), exact: true },
  ];
  const condition = (
    name: string,
    [c, a, b]: readonly [string, string, string],
    values: InputValues,
  ): Entry => ({
    name: `where/${name}`,
    text: modelText({
      inputs: { c: `bool[${c}]`, a: `f32[${a}]`, b: `f32[${b}]` },
      nodes: '%y = where %c, %a, %b',
    }),
    values,
    exact: true,
  });
  return [
    ...comparisons.flatMap(({ name }) => relation(name)),
    ...connectives.flatMap(({ name }) => connective(name)),
    { name: 'logical_not/rank-4', text: ofOne('bool[2,3,5,7]', 'logical_not %x'), exact: true },
    condition('broadcast', ['3,1,5', '4,1', '3,1,1'], 'uniform'),
    condition('special', ['2,33', '2,33', '33'], 'special'),
  ];
}

export const unaryCases = suiteOf('functions', [
  ...unaryEntries(),
  ...zeroEntries(),
  ...unaryIntegerEntries(),
]);
export const binaryCases = suiteOf('operands', [
  ...binaryEntries(),
  ...activationEntries(),
  ...integerEntries(),
]);
export const comparisonCases = suiteOf('comparisons', comparisonEntries());
