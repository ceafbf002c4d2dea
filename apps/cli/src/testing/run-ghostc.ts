import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { callWarm, type Ended } from './warm-command.ts';

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

/** The command in a separate process, in a folder. */
export const startedIn =
  (cwd: string, env = plainEnvironment()) =>
  (...args: readonly string[]): Ended =>
    spawnSync(process.execPath, [bundle, ...args], { encoding: 'utf8', cwd, env });

/** The command in a folder, as one of many calls of a process that has it loaded. */
export const ghostcIn =
  (cwd: string) =>
  (...args: readonly string[]): Ended =>
    callWarm(bundle, cwd, args) ?? startedIn(cwd)(...args);
