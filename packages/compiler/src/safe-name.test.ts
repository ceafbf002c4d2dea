import { expect, test } from 'vitest';
import { safeName } from './safe-name.ts';

test('a name of a million characters takes no longer than its length', () => {
  for (const unit of ['_', '-', 'a_', '. ']) expect(safeName(`${unit.repeat(1e6)}!`).length).toBeLessThan(63);
});

test.each([
  ['GhostNet 1.0x', 'ghostnet_1_0x'],
  ['main', 'm_main'],
  ['switch', 'm_switch'],
  ['7seg', 'm_7seg'],
  ['---', 'model'],
  ['CON', 'm_con'],
  ['com1.', 'm_com1'],
  ['console', 'console'],
  ['a'.repeat(80), 'a'.repeat(60)],
])('%s becomes %s', (name, expected) => {
  expect(safeName(name)).toBe(expected);
});
