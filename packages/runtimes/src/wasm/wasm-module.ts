import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CProgram } from '@ghostc/backend-c';
import { CompileError } from '@ghostc/ir';
import { onPath } from '../process/on-path.ts';
import { requireTools, type Tool } from '../process/require-tool.ts';
import { commandsOf, tool } from '../process/tool-table.ts';

/** Clang with LLVM's linker; where they are not, Zig has both. */
export const wasmTools: readonly Tool[] = [tool('clang'), tool('wasm-ld')];

type Command = readonly [string, readonly string[]];

function compiler(): Command {
  const first = (id: 'clang' | 'wasm-ld'): string => commandsOf(id).find(onPath) ?? id;
  const [clang, linker] = [first('clang'), first('wasm-ld')];
  const zig = [clang, linker].find((name) => name.endsWith('zig'));
  return zig ? [zig, ['cc']] : [clang, ['-Wl,--stack-first']];
}

const flags = [
  ...['--target=wasm32-freestanding', '-std=c99', '-Os', '-msimd128', '-mbulk-memory'],
  // a page downloads the code: -O2 gains no time, nor do loops unrolled further; without any unrolled, convolutions lose a fifth
  ...['-mllvm', '-unroll-threshold=40'],
  // strength reduction hides offsets from loads, which could include them
  ...['-mllvm', '-disable-lsr'],
  ...['-nostdlib', '-ffreestanding', '-fno-math-errno', '-Wall', '-Wextra', '-Werror', '-pedantic'],
  ...['-include', 'layers.h', '-DGHOSTC_LAYER=ghostc_layer'],
  ...['-Wl,--no-entry', '-Wl,--export=__heap_base', '-Wl,-z,stack-size=262144', '-Wl,-s'],
];

/** What the runtime does before each layer: it measures in `profile`. */
const layers = `__attribute__((import_module("env"), import_name("layer"))) void ghostc_layer(int layer);
`;

/** The module of C for wasm32, whose weights the runtime provides. Throws `tool/missing`, `tool/failed`. */
export function wasmModule({ name, files }: CProgram): Uint8Array<ArrayBuffer> {
  requireTools(wasmTools, 'wasm');
  const [command, first] = compiler();
  const folder = mkdtempSync(join(tmpdir(), 'ghostc-wasm-'));
  try {
    writeFileSync(join(folder, 'layers.h'), layers);
    for (const suffix of ['h', 'c'])
      writeFileSync(join(folder, `${name}.${suffix}`), files.get(`${name}.${suffix}`) ?? '');
    const args = [...first, ...flags, `-Wl,--export=${name}_run`, `${name}.c`, '-o', 'module.wasm'];
    execFileSync(command, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
    return new Uint8Array(readFileSync(join(folder, 'module.wasm')));
  } catch (error) {
    if (!(error instanceof Error && 'stderr' in error)) throw error;
    throw new CompileError('tool/failed', `${command}: ${String(error.stderr).slice(0, 2000)}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
