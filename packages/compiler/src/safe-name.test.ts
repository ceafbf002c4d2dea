import { expect, test } from 'vitest';
import { safeName } from './safe-name.ts';

test.each([
  ['GhostNet 1.0x', 'ghostnet_1_0x'],
  ['main', 'm_main'],
  ['switch', 'm_switch'],
  ['7seg', 'm_7seg'],
  ['---', 'model'],
  ['a'.repeat(80), 'a'.repeat(60)],
])('%s becomes %s', (name, expected) => {
  expect(safeName(name)).toBe(expected);
});
