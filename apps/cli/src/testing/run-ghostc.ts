import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../../../..');

/** The bundled command; the set-up of the tests (`tools/build/bundle-before-tests.mjs`) makes it anew. */
export const bundle = join(root, 'apps/cli/dist/ghostc.mjs');
/** The folder of the test models. */
export const models = join(root, 'test-fixtures/models');

/** This environment without what asks for colours (`CI` does in picocolors), so that messages are compared as text. */
export function plainEnvironment(): NodeJS.ProcessEnv {
  const { FORCE_COLOR: _, ...env } = process.env;
  return { ...env, NO_COLOR: '1' };
}

/** The command, to be run in a folder. */
export const ghostcIn =
  (cwd: string, env = plainEnvironment()) =>
  (...args: readonly string[]) =>
    spawnSync(process.execPath, [bundle, ...args], { encoding: 'utf8', cwd, env });
