import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { saveOnnx } from '@ghostc/edit';
import { parseGraph } from '@ghostc/ir';
import { registry } from '@ghostc/ops';
import { type BrowserPage, openBrowser } from '@ghostc/runtimes';
import { unzipSync } from 'fflate';

const help = `npm run bench:playground -- [FILE...]

The playground in headless Chromium: first contentful paint, scripts before a model is opened (gzipped), and for GhostNet 1.0x, a graph
of 1,000 nodes and each FILE: seconds until it is open, seconds of its layout, the longest task of the page's thread from then on, and the heaps of
page and workers with their buffers; then through each pane to the download, whose C gcc takes, and the largest resident set of the
process. GHOSTC_SCREENSHOTS names a folder for pictures of the panes. Exit code 1 when a limit is missed.

Examples:
  npm run bench:playground
  npm run bench:playground -- yolov8n-ghost.onnx`;

const limits = { paint: 1000, script: 400e3, layout: 2, longest: 100, heap: 400e6 };
const site = join(process.cwd(), 'apps/playground/dist');

const { values, positionals } = parseArgs({
  options: { help: { type: 'boolean', default: false } },
  allowPositionals: true,
  args: process.argv.slice(3),
});
async function main(): Promise<void> {
  const thousand = join(mkdtempSync(join(tmpdir(), 'ghostc-')), 'thousand-nodes.onnx');
  writeFileSync(thousand, thousandNodes());
  const models = [
    { name: 'GhostNet 1.0x', spec: 'ghostnet:1.0@224' },
    ...[thousand, ...positionals].map((path) => ({ name: basename(path), path })),
  ];
  for (const model of models) await measure(model);
  rmSync(dirname(thousand), { recursive: true });
}

interface Model {
  readonly name: string;
  readonly spec?: string;
  readonly path?: string;
}

/** In a page of its own. */
async function measure({ name, spec, path }: Model): Promise<void> {
  const fetched = new Map<string, number>();
  const serve = (file: string): Uint8Array | undefined => {
    const at = join(site, file);
    if (!statSync(at, { throwIfNoEntry: false })?.isFile()) return undefined;
    const content = readFileSync(at);
    if (file.endsWith('.js')) fetched.set(file, gzipSync(content).length);
    return content;
  };
  const { page, close } = await openBrowser(serve, '/index.html', [
    '--enable-blink-features=ForceEagerMeasureMemory',
  ]);
  try {
    page.setDefaultTimeout(60_000);
    await page.getByText('No server sees your model').waitFor();
    const script = [...fetched.values()].reduce((sum, size) => sum + size, 0);
    const start = performance.now();
    await page.evaluate("void performance.mark('asked')");
    if (path) await page.setInputFiles('input[type=file] >> nth=0', path);
    else
      await page
        .locator('select')
        .first()
        .selectOption(spec ?? '');
    await page.getByRole('tab', { name: 'Graph' }).waitFor();
    const open = (performance.now() - start) / 1000;
    await page.locator('svg[data-laid-out=true]').waitFor();
    await page.waitForTimeout(300);
    const { paint, layout, longest, first } = await page.evaluate(seenInPage);
    const opened = await page.evaluate<number>(memoryInPage);
    await walk(page, name);
    const heap = Math.max(opened, await page.evaluate<number>(memoryInPage));
    const resident = await largestResidentSet(page);
    const found = { paint, script, layout: layout / 1000, longest, heap };
    const missed = Object.entries(found).filter(([key, value]) => value > limits[key as keyof typeof limits]);
    console.log(
      `${name}: first paint ${paint.toFixed(0)} ms, script ${kb(script)} KB gzipped; open in ${open.toFixed(1)} s, laid out in ` +
        `${(layout / 1000).toFixed(2)} s, longest task ${longest.toFixed(0)} ms (of the page before that ${first.toFixed(0)}), heaps ${mb(heap)} MB, resident at most ${mb(resident)} MB`,
    );
    for (const [key, value] of missed)
      console.log(`  ${key}: ${value}, expected at most ${limits[key as keyof typeof limits]}`);
    if (missed.length > 0) process.exitCode = 1;
  } finally {
    await close();
  }
}

const kb = (bytes: number): string => (bytes / 1000).toFixed(0);
const mb = (bytes: number): string => (bytes / 1e6).toFixed(0);

/** In the page: durations in milliseconds; `longest` of the tasks since the model was asked for, `first` of those before. */
function seenInPage(): Promise<{ paint: number; layout: number; longest: number; first: number }> {
  const paint = performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0;
  const layout = performance.getEntriesByName('layout').at(-1)?.duration ?? 0;
  const asked = performance.getEntriesByName('asked')[0]?.startTime ?? 0;
  const most = (tasks: readonly PerformanceEntry[]): number =>
    Math.max(0, ...tasks.map(({ duration }) => duration));
  return new Promise((resolve) => {
    const told = (tasks: readonly PerformanceEntry[]): void => {
      const [before, after] = [true, false].map((early) =>
        tasks.filter(({ startTime }) => startTime < asked === early),
      );
      resolve({ paint, layout, longest: most(after ?? []), first: most(before ?? []) });
    };
    new PerformanceObserver((list) => told(list.getEntries())).observe({ type: 'longtask', buffered: true });
    setTimeout(() => told([]), 1000);
  });
}

/** In the page: heaps and buffers of it and its workers; not in TypeScript's library yet. */
const memoryInPage = 'performance.measureUserAgentSpecificMemory().then(({ bytes }) => bytes)';

/** Each pane of a compiled model by what it has when it is there. */
const panes = { Passes: '.events', Memory: '.arena rect', Code: '.codes pre', Fit: 'tbody tr' };

/** Through the panes to the download, whose C compiles. */
async function walk(page: BrowserPage['page'], name: string): Promise<void> {
  const shots = process.env.GHOSTC_SCREENSHOTS;
  for (const [pane, content] of Object.entries(panes)) {
    await page.getByRole('tab', { name: pane }).click();
    await page.locator(content).first().waitFor({ state: 'attached', timeout: 300_000 });
    if (shots) await page.screenshot({ path: join(shots, `${name.replace(/\W+/g, '-')}-${pane}.png`) });
  }
  const downloaded = page.waitForEvent('download', { timeout: 300_000 });
  await page.getByRole('button', { name: /Download/ }).click();
  const files = unzipSync(readFileSync(await (await downloaded).path()));
  const folder = mkdtempSync(join(tmpdir(), 'ghostc-'));
  const sources = Object.entries(files).filter(([file]) => /^c\/[^/]+\.[ch]$/.test(file));
  for (const [file, content] of sources) writeFileSync(join(folder, basename(file)), content);
  const [source = 'refused'] = sources
    .map(([file]) => basename(file))
    .filter((file) => /^(?!.*_weights).*\.c$/.test(file));
  execFileSync('gcc', ['-std=c99', '-Wall', '-Werror', '-fsyntax-only', source], { cwd: folder });
  rmSync(folder, { recursive: true });
}

/** Largest resident set of the process that has the page and its workers, in bytes. */
async function largestResidentSet(page: BrowserPage['page']): Promise<number> {
  const session = await page.context().browser()?.newBrowserCDPSession();
  const { processInfo = [] } = (await session?.send('SystemInfo.getProcessInfo')) ?? {};
  const sizes = processInfo
    .filter(({ type }) => type === 'renderer')
    .map(({ id }) => Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${id}/status`, 'utf8'))?.[1]) * 1024);
  return Math.max(...sizes);
}

/** Ghost-like: every fifth node joins two branches. */
function thousandNodes(): Uint8Array {
  const lines = ['graph @thousand(%x: f32[1,4,8,8])', '  const %w: f32[4,4,1,1] = random(1)'];
  let last = '%x';
  for (let i = 0; i < 200; i++) {
    lines.push(`  %a${i} = conv2d ${last}, %w`, `  %b${i} = sigmoid %a${i}`, `  %c${i} = tanh %a${i}`);
    lines.push(`  %d${i} = mul %b${i}, %c${i}`, `  %e${i} = add %d${i}, ${last}`);
    last = `%e${i}`;
  }
  return saveOnnx(parseGraph([...lines, `  return ${last}`].join('\n'), { registry }));
}

if (values.help) console.log(help);
else await main();
