import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { findBoard } from './board-table.ts';

const folder = mkdtempSync(join(tmpdir(), 'ghostc-boards-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function withFile(content: string): string {
  const path = join(folder, 'boards.json');
  writeFileSync(path, content);
  return path;
}

test.each(
  'stm32f411 stm32f746 stm32h743 stm32h747 stm32l4r5 rp2040 rp2350 nrf52840 esp32-c3 imxrt1062 corstone-300'.split(
    ' ',
  ),
)('%s is known, by any case', (name) => {
  const board = findBoard(name.toUpperCase());
  expect(board.ram.length).toBeGreaterThan(0);
  expect(board.cyclesReason.length).toBeGreaterThan(20);
});

test('boards of the user are taken first and checked', () => {
  const board = { ...findBoard('nrf52840'), name: 'Mine', clockMHz: 1 };
  expect(findBoard('mine', withFile(JSON.stringify([board]))).clockMHz).toBe(1);
  const wrong = withFile(JSON.stringify([{ ...board, clockMHz: -1 }]));
  expect(() => findBoard('mine', wrong)).toThrow(/board 0: clockMHz expects a positive number, found -1/);
  expect(() => findBoard('mine', withFile('{'))).toThrow(/fit\/boards-file/);
  expect(() => findBoard('mine', withFile('{}'))).toThrow(/expected a list of boards/);
  expect(() => findBoard('mine')).toThrow(/there is no board "mine"; there are stm32f411/);
});
