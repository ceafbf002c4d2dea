import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as editing from '@ghostc/edit';
import { Graph, parseGraph, type Tensor, toNumbers } from '@ghostc/ir';
import { registry } from '@ghostc/ops';
import * as rules from '@ghostc/passes';
import { ortSession } from '@ghostc/runtimes';
import { markdownTable } from '../conformance/markdown-table.ts';

/** A task of docs/coming-from.md. */
export interface Task {
  readonly title: string;
  readonly ts: string;
  readonly python: string;
  /** The same with torch.fx: tools/edit/run_fx_tasks.py runs it. */
  readonly fx: string;
}

/** What a model gives for the inputs of the tasks: the first 16 elements of each output. */
export type Results = readonly { readonly shape: readonly number[]; readonly values: readonly number[] }[];

export function readTasks(page: string): Task[] {
  const block = (language: string): string => `\\n\`\`\`${language}\\n([\\s\\S]*?)\`\`\`\\n`;
  const task = new RegExp(`^### (.*)\\n${block('ts')}${block('python')}${block('python')}`, 'gm');
  return [...page.matchAll(task)].map(([, title = '', ts = '', python = '', fx = '']) => ({
    title,
    ts,
    python,
    fx,
  }));
}

/** Lines that say something. */
function linesOf(code: string): number {
  return code.split('\n').filter((line) => line.trim() && !line.trim().startsWith('#')).length;
}

/** The table of lines by task, as the page has it. */
export function linesTable(tasks: readonly Task[]): string {
  const rows = tasks.map(({ title, ts, python, fx }) => [title, ...[ts, python, fx].map(linesOf)] as const);
  const sum = (column: number): number => rows.reduce((total, row) => total + Number(row[column]), 0);
  const all = [...rows, ['together', sum(1), sum(2), sum(3)] as const];
  return markdownTable([['task', 'here', 'Python', 'torch.fx'], ...all.map((row) => row.map(String))]);
}

const fixtures = join(process.cwd(), 'test-fixtures/editing');

export function fixture(name: string): Graph {
  return parseGraph(readFileSync(join(fixtures, `${name}.gir`), 'utf8'), { registry });
}

/** The ONNX model that a task's code makes of the model of the tasks. */
export function modelOf({ ts }: Task): Uint8Array {
  const names = { ...editing, ...rules, Graph, head: fixture('head') };
  const run = new Function(...Object.keys(names), 'model', `let result;\n${ts}\nreturn result;`);
  return editing.saveOnnx(run(...Object.values(names), editing.loadOnnx(editing.saveOnnx(fixture('net')))));
}

/** What ONNX Runtime computes. */
export async function resultsOf(model: Uint8Array): Promise<Results> {
  const graph = editing.loadOnnx(model);
  const session = await ortSession(model);
  try {
    const outputs = await session.run(new Map(graph.inputs.map(({ name, type }) => [name, given(type)])));
    return [...outputs.values()].map((one) => ({
      shape: one.shape,
      values: Array.from(toNumbers(one), Number).slice(0, 16),
    }));
  } finally {
    await session.dispose?.();
  }
}

/** The numbers of run_tasks.py. */
function given({ dtype, shape }: Graph['inputs'][number]['type']): Tensor {
  const sizes = shape.map((dim) => (typeof dim === 'number' ? dim : 2));
  const length = sizes.reduce((product, size) => product * size, 1);
  const index = Array.from({ length }, (_, i) => i);
  return dtype === 'u8'
    ? { dtype, shape: sizes, data: Uint8Array.from(index, (i) => (i * 37) % 256) }
    : { dtype: 'f32', shape: sizes, data: Float32Array.from(index, (i) => Math.sin(i * 0.7) * 2) };
}

/** Where two results differ by more than 1 in 2,000 of the largest element (float16 has 11 bits); undefined where they agree. */
export function difference(found: Results, wanted: Results): string | undefined {
  if (found.length !== wanted.length) return `${found.length} outputs, expected ${wanted.length}`;
  for (const [i, { shape, values }] of wanted.entries()) {
    const one = found[i];
    if (one?.shape.join() !== shape.join()) return `output ${i} is [${one?.shape}], expected [${shape}]`;
    const most = Math.max(1e-3, ...values.map(Math.abs));
    const at = values.findIndex(
      (value, k) => !(Math.abs(value - (one?.values[k] ?? Number.NaN)) <= 5e-4 * most),
    );
    if (at >= 0) return `element ${at} of output ${i} is ${one?.values[at]}, expected ${values[at]}`;
  }
  return undefined;
}
