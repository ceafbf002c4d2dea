import { afterEach, expect, test, vi } from 'vitest';
import { onPath } from './on-path.ts';
import { requireTools, skipWithout } from './require-tool.ts';

const absent = {
  name: 'no-such-gcc',
  packages: { apt: ['gcc-none', 'libc-none'] },
  found: () => onPath('no-such-gcc'),
};
const present = { name: 'node', packages: { apt: ['nodejs'] }, found: () => onPath('node') };
const message =
  'error[tool/missing]: c@none needs no-such-gcc\n  note: install with: apt-get install -y --no-install-recommends gcc-none libc-none';

afterEach(() => vi.unstubAllEnvs());

test('missing tools are named with the command that installs them', () => {
  expect(() => requireTools([present, absent], 'c@none')).toThrow(message);
  expect(() => requireTools([present], 'c@none')).not.toThrow();
});

test('a test skips with that reason, or fails where nothing may be missing', () => {
  const skip = vi.fn();
  vi.stubEnv('GHOSTC_REQUIRE_ALL', '');
  skipWithout([absent], 'c@none', { skip });
  expect(skip).toHaveBeenCalledWith(message);
  vi.stubEnv('GHOSTC_REQUIRE_ALL', '1');
  expect(() => skipWithout([absent], 'c@none', { skip })).toThrow(message);
  expect(skip).toHaveBeenCalledOnce();
});
