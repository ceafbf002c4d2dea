import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { browserTools, cDevice, skipWithout, type Tool, wasmTools, wgslTools } from '@ghostc/runtimes';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Block, documentBlocks } from './document-blocks.ts';
import { documents } from './documents.ts';
import { fillReadersFolder } from './readers-folder.ts';
import { closeBrowser, type Place, runners } from './run-block.ts';

const root = join(import.meta.dirname, '../../../..');

/** Below the root: blocks import packages by their names. */
mkdirSync(join(root, 'build'), { recursive: true });
const all = mkdtempSync(join(root, 'build/blocks-'));
const fresh = join(all, 'fresh');
let folders = 0;
beforeAll(() => fillReadersFolder(fresh, root));
afterAll(async () => {
  await closeBrowser();
  rmSync(all, { recursive: true, force: true });
});

function readersPlace(): Place {
  const folder = join(all, `reader-${folders++}`);
  cpSync(fresh, folder, { recursive: true });
  return { root, folder };
}

async function problemsOf(blocks: readonly Block[], place: Place): Promise<string[]> {
  const problems: string[] = [];
  for (const block of blocks) {
    const run = runners[block.language];
    const problem = run ? await run(block, place) : `nothing runs ${block.language}`;
    if (problem) problems.push(`${block.place}: ${problem}`);
  }
  return problems;
}

const python: Tool = {
  name: 'python3 with numpy, onnx and onnxruntime (pip install numpy onnx onnxruntime)',
  packages: { apt: ['python3-venv'] },
  found: () => spawnSync('python3', ['-c', 'import numpy, onnx, onnxruntime']).status === 0,
};
const tools = [...browserTools, ...wasmTools, ...wgslTools, ...cDevice('cortex-m4').tools, python];

test.for(documents(root))('every block of %s runs, in the order of the page', async (path, context) => {
  const { blocks, problems } = documentBlocks(path, root);
  if (blocks.some(({ language }) => language !== 'ts')) skipWithout(tools, 'the documents', context);
  expect([...problems, ...(blocks.length ? await problemsOf(blocks, readersPlace()) : [])]).toEqual([]);
});

test.for([
  ['sh', 'ghostc compile model.onnx --target d', 'Allowed choices'],
  ['sh', 'ghostc inspect model.onxx', 'there is no such file'],
  [
    'console',
    '$ echo three words here\nthree ... there',
    'expected the line three ... there; found three words here',
  ],
  ['console', '$ printf "a\\nb\\nc\\n"\na\nc', 'expected the line c'],
  ['console', '$ printf "a\\nb\\nc\\n"\n...\nc\nb', 'expected the line b'],
  ['gir', 'graph @g(%x: f32[1])\n  %0 = rleu %x\n  return %0', 'rleu'],
  ['ts', "import { absent } from '@ghostc/ir';\nconsole.log(absent()); // 1", 'absent) is not a function'],
  ['ts', 'console.log(model.nodeCount); // 6', 'expected it to print 6, as its comment says; found 5'],
  ['js', "import './web/absent.js';", 'Failed to fetch'],
  ['js', '// my-engine.mjs\nload();', 'load is not defined'],
  ['json', '"data": { "pth": "test.npz" }', 'pth'],
  ['c', '#include "nets.h"', 'nets.h: No such file'],
  ['python', 'ghostc.compil("model.onnx")', "has no attribute 'compil'"],
  ['rust', '', 'nothing runs rust'],
] as const)('a mistake in %s is told: %s', async ([language, code, problem], context) => {
  skipWithout(tools, 'the documents', context);
  expect(await problemsOf([{ language, code, place: 'seeded' }], readersPlace())).toEqual([
    expect.stringContaining(problem),
  ]);
});

test('blocks without a language, and marks that mean nothing, are told', () => {
  const fence = '```';
  const text = `<!-- not run (--port): no board is here -->
<!-- run by absent.test.ts -->

${fence}
x
${fence}

<!-- not run -->

${fence}sh
ghostc inspect model.onnx
${fence}
`;
  writeFileSync(join(all, 'page.md'), text);
  expect(documentBlocks('page.md', all).problems).toEqual([
    'page.md:2: expected a file that reads page.md, found absent.test.ts',
    'page.md:8: expected a reason, the file that runs it, or what it is run with; found: not run',
    'page.md:5: expected the language of the block, or text',
    'page.md:1: there is nothing that is meant by: not run (--port): no board is here',
  ]);
});

test.each(documents(root))(
  'every link of %s leads to a file that is there, and to a heading of it',
  (path) => {
    const text = readFileSync(join(root, path), 'utf8').replace(/^```[\s\S]*?^```/gm, '');
    const links = [...text.matchAll(/\]\((?!\w+:)([^)#\s]*)(?:#([^)\s]+))?\)/g)];
    const lost = links.filter(([, file, heading]) => {
      const target = file ? join(dirname(join(root, path)), file) : join(root, path);
      return !existsSync(target) || (heading && !headingsOf(target).includes(heading));
    });
    expect(lost.map(([link]) => link)).toEqual([]);
  },
);

/** As GitHub and VitePress name them. */
function headingsOf(file: string): string[] {
  const titles = [...readFileSync(file, 'utf8').matchAll(/^#+ (.*)$/gm)].map(([, title = '']) => title);
  return titles.map((title) =>
    title
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
}
