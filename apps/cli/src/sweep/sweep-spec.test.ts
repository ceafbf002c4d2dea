import { expect, test } from 'vitest';
import { scoreOf } from './run-sweep.ts';
import { checkedSpec } from './sweep-spec.ts';

const good = {
  space: { width: { from: 0.1, to: 0.3, step: 0.1 }, resolution: [32, 64], board: 'nrf52840' },
  objectives: ['ram', 'sqnr'],
};

test('a space has every axis, in the order in which models are shared', () => {
  const { space, strategy } = checkedSpec(good);
  expect(space.map(({ name }) => name).join()).toBe(
    'family,width,resolution,classes,ratio,dw,depth,se,bits,io,board,bands',
  );
  expect(space[1]?.values).toEqual([0.1, 0.2, 0.3]);
  expect(strategy.kind).toBe('grid');
});

const withSpace = (space: object): object => ({ ...good, space: { ...good.space, ...space } });
const withStrategy = (strategy: object): object => ({ ...good, strategy });

test.each([
  [[], /sweep expects an object, found \[\]/],
  [{ ...good, objective: [] }, /sweep has the unknown field "objective"; there are space, objectives/],
  [{ space: good.space }, /sweep: objectives is missing; expected a list of ram, flash/],
  [{ ...good, objectives: ['ram', 'speed'] }, /objectives expects a list of ram.*, found \["ram","speed"\]/],
  [{ ...good, seed: -1 }, /sweep: seed expects a whole number from 0 on, found -1/],
  [withSpace({ widht: 1 }), /space has the unknown field "widht"; there are model, family, width/],
  [withSpace({ width: [] }), /space: width expects different widths such as 0.5, found \[\]/],
  [withSpace({ width: [0.5, '1'] }), /space: width expects different widths such as 0.5, found "1"/],
  [withSpace({ bits: ['int8', 'int8'] }), /space: bits expects different .*, found \["int8","int8"\]/],
  [withSpace({ bits: 'int4' }), /space: bits expects different one of float, int8, found "int4"/],
  [withSpace({ width: { from: 1, to: 0, step: 0.1 } }), /width expects at most 10000 steps upwards/],
  [withSpace({ width: { from: 1, to: 2 } }), /space: width: step is missing; expected a number/],
  [withSpace({ model: 'a.onnx' }), /space: width is a setting of a GhostNet, and model names one/],
  [{ ...good, space: { width: 1 } }, /space: board is missing/],
  [{ ...good, constraints: { ram: { most: 3 } } }, /constraints: ram has the unknown field "most"/],
  [{ ...good, constraints: { fits: 'yes' } }, /constraints: fits expects one of true, false, found "yes"/],
  [
    withStrategy({ kind: 'annealing' }),
    /strategy: kind expects one of grid, random, nsga2, found "annealing"/,
  ],
  [withStrategy({ kind: 'nsga2', population: 4 }), /strategy: generations is missing/],
  [
    withStrategy({ kind: 'random', points: 2.5 }),
    /strategy: points expects a whole number from 1 on, found 2.5/,
  ],
  [{ ...good, objectives: ['accuracy'] }, /sweep: data is missing; accuracy expects labelled items/],
  [{ ...good, constraints: { accuracy: { min: 90 } } }, /sweep: data is missing/],
  [{ ...good, data: { path: 'x.npz', mean: 3 } }, /data: mean expects a text, found 3/],
  [{ ...good, data: { labels: 'x.txt' } }, /data: path is missing; expected a folder or a file/],
])('%j is refused by field', (spec, words) => {
  expect(() => checkedSpec(spec)).toThrow(words);
});

const point = {
  ...{ ram: 2000, flash: 10, arena: 1, weights: 1, instructions: 5, seconds: 1, macs: 1 },
  ...{ fits: true, excess: 0, problems: [] },
};

test('scores are smaller where points are better, and violations add up as shares', () => {
  const spec = checkedSpec({ ...good, constraints: { ram: { max: 1000 }, sqnr: { min: 20 }, fits: true } });
  expect(scoreOf(spec, { ...point, sqnr: 10 })).toEqual({ objectives: [2000, -10], violation: 1.5 });
  expect(scoreOf(spec, { ...point, sqnr: null, fits: false, excess: 0.5 })).toEqual({
    objectives: [2000, -Infinity],
    violation: 1.5,
  });
  expect(scoreOf(spec, { refused: 'x' }).violation).toBe(Infinity);
});
