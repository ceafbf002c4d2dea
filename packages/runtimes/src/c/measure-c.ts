import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CProgram } from '@ghostc/backend-c';
import { onPath } from '../process/on-path.ts';
import { runProcess } from '../process/run-process.ts';
import { makeTempFolder } from '../process/temp-folder.ts';
import { checkParameters } from './check-parameters.ts';

/** Sizes of the code of a C program, its weights apart, in bytes. */
export interface CodeSize {
  readonly codeBytes: number;
  /** The deepest call path of the run function, by the compiler's own stack usage and call graph. */
  readonly stackBytes: number;
}

/**
 * Compiles the program's code with `compiler` (gcc 10 or later), with the flags given in its header and its
 * CMake package; null if the compiler is not installed. Throws `run/work` as buildC does.
 */
export async function measureC(
  program: CProgram,
  compiler: string,
  flags: readonly string[],
): Promise<CodeSize | null> {
  if (!onPath(compiler)) return null;
  checkParameters(program);
  const folder = await makeTempFolder();
  try {
    for (const [name, content] of program.files)
      if (name === `${program.name}.c` || name.endsWith('.h'))
        await writeFile(join(folder.path, name), content);
    const source = ['-c', `${program.name}.c`, '-o', 'code.o'];
    const options = { cwd: folder.path, timeout: 300 };
    await runProcess(compiler, [...flags, '-O2', '-std=c99', '-fcallgraph-info=su', ...source], options);
    const sizes = await runProcess(compiler.replace(/gcc$/, 'size'), ['code.o'], options);
    const [text = 0, data = 0] = (sizes.trim().split('\n')[1] ?? '').trim().split(/\s+/).map(Number);
    const graph = (await readdir(folder.path)).find((name) => name.endsWith('.ci'));
    const calls = graph ? await readFile(join(folder.path, graph), 'utf8') : '';
    return { codeBytes: text + data, stackBytes: deepestStack(calls, `${program.name}_run`) };
  } finally {
    await folder.remove();
  }
}

/** Bytes of the deepest path from `root` in a call graph as gcc's `-fcallgraph-info=su` writes it. Library calls count 0. */
export function deepestStack(graph: string, root: string): number {
  const frames = new Map<string, number>();
  for (const [, name = '', bytes] of graph.matchAll(/node: \{ title: "([^"]+)" label: "[^"]*?(\d+) bytes/g))
    frames.set(name, Number(bytes));
  const calls = new Map<string, Set<string>>();
  for (const [, from = '', to = ''] of graph.matchAll(
    /edge: \{ sourcename: "([^"]+)" targetname: "([^"]+)"/g,
  ))
    calls.set(from, (calls.get(from) ?? new Set()).add(to));
  const depth = (name: string, path: readonly string[]): number => {
    const below = [...(calls.get(name) ?? [])].filter((next) => !path.includes(next));
    return (frames.get(name) ?? 0) + Math.max(0, ...below.map((next) => depth(next, [...path, name])));
  };
  return depth(root, []);
}
