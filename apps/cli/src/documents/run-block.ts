import { spawnSync } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { format } from 'node:util';
import { saveOnnx } from '@ghostc/edit';
import { parseGraph } from '@ghostc/ir';
import { registry } from '@ghostc/ops';
import { type BrowserPage, openBrowser } from '@ghostc/runtimes';
import { checkedSpec } from '../sweep/sweep-spec.ts';
import { ghostcIn, plainEnvironment } from '../testing/run-ghostc.ts';
import type { Ended } from '../testing/warm-command.ts';
import { firstNotPrinted } from './console-lines.ts';
import { asModule, type Block } from './document-blocks.ts';

/** Where the blocks of a document run. */
export interface Place {
  readonly root: string;
  /** The reader's, with the files that the document speaks of. */
  readonly folder: string;
}

/** A block that begins with a comment that names a file is that file. */
const namedFile = (code: string): string | undefined => /^(?:\/\/|#) ([\w-]+\.\w+)/.exec(code)?.[1];

type Run = (block: Block, place: Place) => Promise<string | undefined> | string | undefined;

/** Commands that already ran: what two documents repeat runs once. */
const ran = new Set<string>();

/** By language: runs a block, and returns what is wrong. */
export const runners: Readonly<Record<string, Run>> = {
  sh: ({ code }, place) => {
    for (const line of code.split('\n').map((text) =>
      text
        .replace(/(?<!["'])#.*/, '')
        .replace(/ +/g, ' ')
        .trim(),
    )) {
      if (line === '' || ran.has(line)) continue;
      ran.add(line);
      const { problem } = shell(line, place);
      if (problem) return `${line}: ${problem}`;
    }
    return undefined;
  },
  console: runSession,
  gir: ({ code }, { folder }) => {
    writeFileSync(join(folder, namedFile(code) ?? 'block.gir'), code);
    return messageOf(() => parseGraph(code, { registry }));
  },
  ts: runTypeScript,
  js: runInPage,
  json: ({ code }) =>
    messageOf(() => {
      const given: object = JSON.parse(/^\{/.test(code) ? code : `{${code}}`);
      checkedSpec({ space: { width: 1, board: 'nrf52840' }, objectives: ['ram'], ...given });
    }),
  c: ({ code }, { folder }) => {
    writeFileSync(join(folder, 'reader.c'), code);
    return problemOf(
      'gcc',
      ['-std=c99', '-Wall', '-Wextra', '-Werror', '-fsyntax-only', '-Ibuild', 'reader.c'],
      folder,
    ).problem;
  },
  python: ({ code }, { root, folder }) => {
    const names = [
      [
        'import os, numpy, ghostc',
        'x = numpy.arange(3072, dtype=numpy.float32).reshape(1, 3, 32, 32) / 3072',
      ],
      ['loader = [x]', 'module = "model.onnx"'],
    ];
    const env = {
      PYTHONPATH: join(root, 'apps/python/src'),
      GHOSTC_BUNDLE: join(root, 'apps/cli/dist/ghostc.mjs'),
    };
    return problemOf('python3', ['-c', `${names.flat().join('\n')}\n${code}`], folder, env).problem;
  },
};

function messageOf(check: () => unknown): string | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    return String(error);
  }
}

/** Commands after `$ `, each with what it prints below it. */
function runSession({ code }: Block, place: Place): string | undefined {
  for (const session of code.split(/^\$ /m).slice(1)) {
    const [command = '', ...expected] = session.trimEnd().split('\n');
    const { stdout, problem } = shell(command, place);
    if (problem) return `${command}: ${problem}`;
    const wrong = firstNotPrinted(expected, stdout);
    if (wrong !== undefined) return `${command}: expected the line ${wrong}; found ${stdout}`;
  }
  return undefined;
}

interface Session {
  readonly stdout: string;
  readonly problem: string | undefined;
}

/** A command of ghostc by itself is one of many calls of a process; what a shell makes of pipes and the like is for a shell. */
function shell(line: string, { root, folder }: Place): Session {
  if (/^ghostc [^|&;<>$`*?~(){}'\\]*$/.test(line)) {
    const words = [...line.matchAll(/"([^"]*)"|[^\s"]+/g)].map(([word, quoted]) => quoted ?? word);
    return told(ghostcIn(folder)(...words.slice(1)));
  }
  const path = [join(root, 'apps/cli/src/documents/commands'), process.env.PATH].join(delimiter);
  return problemOf('bash', ['-c', line], folder, { PATH: path });
}

function problemOf(
  command: string,
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv = {},
): Session {
  const options = {
    cwd,
    encoding: 'utf8',
    env: { ...plainEnvironment(), ...env },
    timeout: 300_000,
  } as const;
  return told(spawnSync(command, args, options));
}

function told({ status, stdout, stderr, error }: Ended & { readonly error?: Error }): Session {
  const problem =
    status === 0 ? undefined : `exit code ${status}: ${error ?? (stderr || stdout).slice(-500)}`;
  return { stdout, problem };
}

const smallNet = 'test-fixtures/graphs/small_net.gir';

/**
 * A block must print what the comment after each `console.log` states. `model` is a small network, `bytes`
 * its ONNX.
 */
async function runTypeScript({ code, place }: Block, { root, folder }: Place): Promise<string | undefined> {
  const expected = [...code.matchAll(/console\.log\([\s\S]*?\);(?: \/\/ (.*))?$/gm)].map((match) => match[1]);
  const file = join(folder, namedFile(code) ?? `${place.replace(/\W+/g, '-')}.ts`);
  writeFileSync(file, asModule(code, root));
  const model = parseGraph(readFileSync(join(root, smallNet), 'utf8'), { registry });
  Object.assign(globalThis, { model, bytes: saveOnnx(model) });
  const printed: string[] = [];
  const [log, home] = [console.log, process.cwd()];
  console.log = (...words) => void printed.push(format(...words));
  process.chdir(folder);
  try {
    await import(pathToFileURL(file).href);
  } catch (error) {
    return String(error);
  } finally {
    process.chdir(home);
    console.log = log;
  }
  const odd = expected.findIndex((text, i) => text !== printed[i]);
  return odd < 0
    ? undefined
    : `expected it to print ${expected[odd]}, as its comment says; found ${printed[odd]}`;
}

/**
 * In Chromium, in a page that has what a page would: a picture and a signal; a worker where the block is named so; in Node where it is an
 * `.mjs`.
 */
async function runInPage({ code }: Block, { folder }: Place): Promise<string | undefined> {
  const file = namedFile(code) ?? 'block.js';
  writeFileSync(join(folder, file), code);
  if (file.endsWith('.mjs')) return problemOf('node', [file], folder).problem;
  served = folder;
  const route = (path: string) => (path === '/index.html' ? '<!doctype html>' : fileOf(join(served, path)));
  browser ??= await openBrowser(route, '/index.html');
  const { page, origin } = browser;
  try {
    await page.goto(`${origin}/index.html`);
    await page.evaluate(file === 'block.js' ? inPage : inWorker);
    return undefined;
  } catch (error) {
    return String(error);
  }
}

let browser: BrowserPage | undefined;
let served = '';

export async function closeBrowser(): Promise<void> {
  await browser?.close();
}

/** Texts: what is compiled here is not what runs there. */
const inPage = `(async () => {
  const bitmap = await createImageBitmap(new ImageData(40, 30));
  Object.assign(globalThis, { bitmap, signal: new AbortController().signal });
  await import('/block.js');
})()`;
const inWorker = `new Promise((resolve, reject) => {
  const worker = new Worker('/worker.js', { type: 'module' });
  worker.onmessage = () => resolve();
  worker.onerror = ({ message }) => reject(new Error(message));
  worker.postMessage({ input: new Float32Array(3 * 32 * 32) });
})`;

const fileOf = (path: string): Uint8Array | undefined =>
  statSync(path, { throwIfNoEntry: false })?.isFile() ? readFileSync(path) : undefined;
