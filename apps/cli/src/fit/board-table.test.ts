import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { testFolder } from '../testing/test-folder.ts';
import { knownBoards, knownChips, sourcedFacts } from './board-facts.ts';
import { findBoard } from './board-table.ts';

const folder = testFolder();

function withFile(content: string): string {
  const path = join(folder, 'boards.json');
  writeFileSync(path, content);
  return path;
}

test.each(knownBoards.map(({ name }) => name))(
  '%s is known, by any case, and would pass as a board of the user',
  (name) => {
    const board = findBoard(name.toUpperCase());
    expect(findBoard(name, withFile(JSON.stringify([board])))).toEqual(board);
  },
);

test.each(knownBoards)('$name says where each of its figures is from', ({ sources = {} }) => {
  expect(Object.keys(sources).sort()).toEqual([...sourcedFacts].sort());
});

test('a board is like its chip, but for what it says itself', () => {
  const [feather, chip] = [findBoard('adafruit-feather-m4'), findBoard('samd51j20')];
  expect(feather).toMatchObject({ core: chip.core, clockMHz: chip.clockMHz, flashBytes: 512 * 1024 });
  expect(findBoard('arduino-nano-33-ble')).not.toHaveProperty('externalFlash');
  expect(knownChips).toHaveLength(29);
});

describe('boards of the user', () => {
  const board = { ...findBoard('nrf52840'), name: 'Mine', clockMHz: 1 };
  const { ram: _, ...ramless } = board;

  test('are taken first', () => {
    expect(findBoard('mine', withFile(JSON.stringify([board]))).clockMHz).toBe(1);
    expect(() => findBoard('mine')).toThrow(/there is no board "mine"; there are stm32f411/);
  });

  test('may be like one that is known', () => {
    const mine = { name: 'Mine', of: 'nrf52840', clockMHz: 32, sources: { clockMHz: 'measured' } };
    const { sources, ...facts } = findBoard('mine', withFile(JSON.stringify([mine])));
    const { name: _name, clockMHz: _clock, sources: ofChip, ...same } = findBoard('nrf52840');
    expect(facts).toEqual({ ...same, name: 'mine', clockMHz: 32 });
    expect(sources).toEqual({ ...ofChip, clockMHz: 'measured' });
  });

  test.each([
    [{ name: 'mine', of: 'nrf1' }, 'of expects a board that is known, found "nrf1"'],
    [{ ...board, sources: { price: 'x' } }, /sources expects an object of texts for some of clockMHz/],
    [{ ...board, clockMHz: -1 }, 'clockMHz expects a positive number, found -1'],
    [{ ...board, flashBytes: 1.5 }, 'flashBytes expects a positive whole number of bytes, found 1.5'],
    [{ ...board, core: 'Cortex-M99' }, /core expects a core such as .*, found "Cortex-M99"/],
    [{ ...board, device: 'm4' }, /device expects one of .*cortex-m4, .*, found "m4"/],
    [{ ...board, device: 'host' }, /device expects one of .*cortex-m4, .*, found "host"/],
    [{ ...board, core: 'RV32IMC' }, 'device cortex-m4 makes code that a RV32IMC does not run'],
    [
      { ...board, core: 'Cortex-M0+' },
      'the kernels of device cortex-m4 use instructions that a Cortex-M0+ lacks; expected one of cortex-m0plus, cortex-m3',
    ],
    [
      { ...board, device: 'cortex-m55' },
      /the kernels of device cortex-m55 use instructions that a Cortex-M4F lacks/,
    ],
    [
      { ...board, core: 'Cortex-M3', device: 'cortex-m3' },
      'core is Cortex-M3, but flags build for -mcpu=cortex-m4',
    ],
    [{ ...board, compiler: 'gcc; rm' }, /compiler expects the name of a compiler/],
    [{ ...board, ram: [] }, 'ram expects a list'],
    [{ ...board, ram: [{ name: 'A', bytes: -4 }] }, /ram\[0\]: bytes expects .*, found -4/],
    [
      { ...board, ram: [{ name: 'A', size: 4 }] },
      /ram\[0\] has the unknown field "size"; there are name, bytes/,
    ],
    [{ ...board, ram: [1, 2] }, /ram\[0\] expects an object, found 1/],
    [{ ...board, ram: [...board.ram, ...board.ram] }, 'ram has two memories called "RAM"'],
    [
      { ...board, externalFlash: { bytes: 4, bytesPerSecond: 0, source: 'x' } },
      'externalFlash: bytesPerSecond expects a positive number, found 0',
    ],
    [{ ...board, externalFlash: 4 }, /externalFlash expects an object/],
    [{ ...board, flash: 4 }, /has the unknown field "flash"; there are name, core, device/],
    [ramless, 'ram is missing; expected a list'],
    ['board', 'expects an object, found "board"'],
  ])('%j is refused', (wrong, problem) => {
    const error =
      typeof problem === 'string' ? `board 0${problem.startsWith('expects') ? '' : ':'} ${problem}` : problem;
    expect(() => findBoard('mine', withFile(JSON.stringify([wrong])))).toThrow(error);
  });

  test('files that hold no list are refused by name', () => {
    expect(() => findBoard('mine', withFile('{'))).toThrow(/fit\/boards-file/);
    expect(() => findBoard('mine', withFile('{}'))).toThrow(/expected a list of boards/);
    expect(() => findBoard('mine', join(folder, 'none.json'))).toThrow(/none\.json/);
  });
});
