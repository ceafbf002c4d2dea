import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { saveOnnx } from '@ghostc/edit';
import { venvPython } from '../build/venv-python.ts';
import {
  difference,
  fixture,
  linesTable,
  modelOf,
  type Results,
  readTasks,
  resultsOf,
  type Task,
} from './editing-tasks.ts';

/**
 * npm run editing: runs both blocks of every task in docs/coming-from.md, compares what their models give in ONNX Runtime, and
 * writes the page's table of lines, and what the Python models gave to test-fixtures/editing/results.json. Exit code 1 where two differ.
 */
const PEERS = [
  'onnx==1.22.0',
  'onnxruntime==1.32.0',
  'onnx-ir==1.1.0',
  'onnxscript==0.7.2',
  'onnx-graphsurgeon==0.6.1',
];

const file = 'docs/coming-from.md';
const page = readFileSync(file, 'utf8');
const tasks = readTasks(page);
const expected = peerResults(tasks);
let wrong = 0;
for (const [i, task] of tasks.entries()) {
  const differs = difference(await resultsOf(modelOf(task)), expected[i] ?? []);
  if (differs !== undefined) wrong++;
  console.log(`${task.title.padEnd(66)} ${differs ?? 'same'}`);
}
console.log(`${tasks.length} tasks, ${wrong} differ`);
const table = /(<!-- lines: npm run editing -->\n)[\s\S]*(<!-- \/lines -->)/;
writeFileSync(file, page.replace(table, `$1\n${linesTable(tasks)}\n\n$2`));
writeFileSync(
  'test-fixtures/editing/results.json',
  `${JSON.stringify(Object.fromEntries(tasks.map(({ title }, i) => [title, expected[i]])))}\n`,
);
process.exitCode = wrong ? 1 : 0;

function peerResults(all: readonly Task[]): Results[] {
  const python = venvPython(process.cwd(), PEERS);
  const folder = mkdtempSync(join(tmpdir(), 'ghostc-editing-'));
  try {
    const files = ['net', 'head'].map((name) => join(folder, `${name}.onnx`));
    files.forEach((file, i) => {
      writeFileSync(file, saveOnnx(fixture(i ? 'head' : 'net')));
    });
    const input = all.map((task) => `${JSON.stringify(task)}\n`).join('');
    const args = ['tools/edit/run_tasks.py', ...files, join(folder, 'result.onnx')];
    const printed = execFileSync(python, args, { input, encoding: 'utf8' });
    return printed
      .split('\n')
      .filter((line) => line.startsWith('[{') || line === '[]')
      .map((line): Results => JSON.parse(line));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
