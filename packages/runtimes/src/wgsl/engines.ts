import { type ChildProcess, spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findPackage } from '../process/find-package.ts';
import { anyFile } from '../process/on-path.ts';
import { requireTools, type Tool } from '../process/require-tool.ts';
import { makeTempFolder } from '../process/temp-folder.ts';
import { filesOf, tool } from '../process/tool-table.ts';
import { browserTools, openBrowser } from './browser.ts';
import { bundleForWeb } from './bundle-for-web.ts';
import { type RemoteGpu, TaskQueue } from './remote-gpu.ts';
import { type Route, serveLocally } from './serve-locally.ts';

export const engines = ['chromium', 'deno'] as const;
export type Engine = (typeof engines)[number];

/** What each engine needs. */
export const engineTools: Readonly<Record<Engine, readonly Tool[]>> = {
  chromium: [...browserTools, tool('esbuild')],
  deno: [tool('lavapipe'), tool('deno'), tool('esbuild')],
};

const running = new Map<Engine, Promise<RemoteGpu>>();
const closers: (() => Promise<void>)[] = [];

/** The engine, started once for this process. Throws `tool/missing`. */
export function engine(name: Engine): Promise<RemoteGpu> {
  const known = running.get(name);
  if (known) return known;
  const started = name === 'chromium' ? startChromium() : startDeno();
  running.set(name, started);
  started.catch(() => running.delete(name));
  return started;
}

/** Ends the engines that run. A process that started one does not end before. */
export async function stopEngines(): Promise<void> {
  running.clear();
  for (const close of closers.splice(0)) await close();
}

async function startChromium(): Promise<RemoteGpu> {
  requireTools(engineTools.chromium, 'wgsl@chromium');
  const queue = new TaskQueue();
  const script = await clientBundle();
  const start =
    '<!doctype html><script type="module">import { work } from "/client.js"; work(location.origin);</script>';
  const files: Readonly<Record<string, string>> = { '/index.html': start, '/client.js': script };
  const route: Route = (path, body) => files[path] ?? queue.route(path, body);
  const { page, close } = await openBrowser(route, '/index.html');
  page.once('crash', () => queue.fail('the page in Chromium crashed'));
  page.once('close', () => queue.fail('Chromium ended'));
  closers.push(close);
  return queue;
}

async function startDeno(): Promise<RemoteGpu> {
  requireTools(engineTools.deno, 'wgsl@deno');
  const queue = new TaskQueue();
  const server = await serveLocally(queue.route);
  const folder = await makeTempFolder();
  const script = join(folder.path, 'main.mjs');
  await writeFile(join(folder.path, 'client.mjs'), await clientBundle());
  await writeFile(script, `import { work } from './client.mjs';\nawait work('${server.origin}');\n`);
  const flags = ['--unstable-webgpu', '--no-config', '--no-lock', '--allow-net=127.0.0.1'];
  const env = {
    XDG_RUNTIME_DIR: tmpdir(),
    ...process.env,
    VK_ICD_FILENAMES: filesOf('lavapipe').find((path) => anyFile(path)),
    DENO_NO_UPDATE_CHECK: '1',
  };
  const child = spawn(denoCommand(), ['run', ...flags, script], {
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  child.once('error', (error) => queue.fail(`Deno could not be started: ${error.message}`));
  child.once('exit', (code, signal) =>
    queue.fail(signal ? `Deno died of ${signal}` : `Deno left with code ${code}`),
  );
  closers.push(async () => {
    await endProcess(child);
    server.close();
    await folder.remove();
  });
  return queue;
}

async function endProcess(child: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => child.once('exit', resolve));
  if (child.pid !== undefined && child.exitCode === null && child.signalCode === null && child.kill())
    await ended;
}

/** From the source, or from files next to the bundled command. */
function clientBundle(): Promise<string> {
  const folder = dirname(fileURLToPath(import.meta.url));
  const files = ['remote-client.ts', 'remote-client.js'].map((name) => join(folder, name));
  return bundleForWeb(files.find((path) => anyFile(path)) ?? '');
}

/** Deno's executable inside npm's package, which its install script may not have linked. */
export function denoCommand(): string {
  return join(dirname(findPackage('deno/package.json') ?? ''), 'deno');
}
