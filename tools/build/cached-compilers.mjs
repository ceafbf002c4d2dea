import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { root } from './setup.mjs';

const compilers = [
  ...['gcc', 'clang', 'aarch64-linux-gnu-gcc', 'powerpc-linux-gnu-gcc'],
  ...['arm-none-eabi-gcc', 'riscv64-unknown-elf-gcc'],
];

/**
 * An environment whose C compilers run through ccache, where that is installed: many tests compile the same program, and what a
 * change does not touch is compiled once for all runs. Programs are compiled in temporary folders, by relative names.
 */
export function withCachedCompilers(env) {
  if (!runs('ccache', env)) return env;
  const cache = join(root, 'node_modules/.cache');
  const folder = join(cache, 'ghostc-compilers');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const name of compilers.filter((one) => runs(one, env)))
    symlinkSync(join(root, 'tools/build/cached-compiler.sh'), join(folder, name));
  return {
    ...env,
    PATH: [folder, env.PATH].join(delimiter),
    GHOSTC_COMPILERS_PATH: env.PATH,
    CCACHE_DIR: join(cache, 'ccache'),
    CCACHE_MAXSIZE: '2G',
  };
}

const runs = (command, env) => spawnSync(command, ['--version'], { env }).status === 0;
