import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type BrowserPage, browserTools, openBrowser, skipWithout } from '@ghostc/runtimes';
import { unzipSync } from 'fflate';
import { build } from 'vite';
import { afterAll, beforeAll, expect, test } from 'vitest';

const root = join(import.meta.dirname, '../../..');
mkdirSync(join(root, 'build'), { recursive: true });
const folder = mkdtempSync(join(root, 'build/playground-'));
/** GHOSTC_SCREENSHOTS names a folder that gets a picture of each pane. */
const pictures = process.env.GHOSTC_SCREENSHOTS;
const fetched = new Map<string, number>();
let browser: BrowserPage;

beforeAll(async () => {
  const inputs = { root: join(import.meta.dirname, '..'), logLevel: 'silent' } as const;
  await build({ ...inputs, build: { outDir: join(folder, 'site') } });
});
afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});

const fakeCamera = ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'];

/** Files of the site, as a server sends them. */
function serve(path: string): Uint8Array | undefined {
  try {
    const content = readFileSync(join(folder, 'site', path));
    fetched.set(path, gzipSync(content).length);
    return content;
  } catch {
    return undefined;
  }
}

test('from a dropped file through every pane to a zip whose C compiles', async (context) => {
  skipWithout(browserTools, 'the playground', context);
  browser = await openBrowser(serve, '/index.html', fakeCamera);
  const { page } = browser;
  page.setDefaultTimeout(60_000);
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  const picture = async (name: string): Promise<void> => {
    if (pictures) await page.screenshot({ path: join(pictures, `${name}.png`) });
  };
  await page.getByText('No server sees your model').waitFor();
  const scripts = [...fetched].filter(([path]) => path.endsWith('.js'));
  expect(scripts.reduce((sum, [, bytes]) => sum + bytes, 0)).toBeLessThan(400e3);
  await picture('start');

  const refused = { name: 'wrong.onnx', mimeType: '', buffer: Buffer.from('this is no model') };
  await page.setInputFiles('input[type=file]', refused);
  expect(await page.getByRole('alert').textContent()).toContain('error[');

  const file = join(root, 'test-fixtures/models/ghost_fmnist/ghost_fmnist.onnx');
  const data = await page.evaluateHandle(
    (base64) => {
      const transfer = new DataTransfer();
      const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
      transfer.items.add(new File([bytes], 'ghost_fmnist.onnx'));
      return transfer;
    },
    readFileSync(file, 'base64'),
  );
  await page.dispatchEvent('body', 'drop', { dataTransfer: data });
  await page.locator('svg[data-laid-out=true]').waitFor();
  await picture('graph');
  await page.getByLabel('Search nodes').fill('conv');
  expect(await page.locator('.search li button').count()).toBeGreaterThan(5);
  await page.locator('.search li button').first().click();
  await page.getByRole('complementary').waitFor();
  await page
    .getByRole('img', { name: /^values of/ })
    .first()
    .waitFor();
  await picture('search');

  await page.getByRole('tab', { name: 'Passes' }).click();
  await page.getByRole('button', { name: /raise-ghost-module/ }).click();
  expect(await page.locator('.events').first().textContent()).toContain('raise-ghost-module');
  await page.locator('svg[data-laid-out=true]').waitFor();
  await picture('passes');
  await page.getByRole('tab', { name: 'Memory' }).click();
  await page.locator('.arena rect').first().waitFor();
  await picture('memory');
  await page.getByRole('tab', { name: 'Code' }).click();
  await page.getByText('@compute').first().waitFor();
  expect(await page.locator('.codes pre').first().textContent()).toContain('KERNEL void');
  await picture('code');
  await page.getByRole('tab', { name: 'Fit' }).click();
  await page.getByText('nrf52840').first().waitFor();
  await picture('fit');

  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: /Download/ }).click(),
  ]);
  const files = unzipSync(readFileSync(await download.path()));
  expect(Object.keys(files)).toEqual(
    expect.arrayContaining(['onnx/ghost_fmnist.onnx', 'wgsl/ghost_fmnist.js']),
  );
  for (const [name, content] of Object.entries(files))
    if (name.startsWith('c/')) writeFileSync(join(folder, name.slice(2)), content);
  execFileSync('gcc', ['-std=c99', '-Wall', '-Werror', '-c', 'ghost_fmnist.c'], { cwd: folder });

  await page.getByRole('tab', { name: 'Run' }).click();
  await page.getByRole('button', { name: 'Camera' }).click();
  await page.getByText('largest values of').waitFor();
  await picture('camera');
  await page.getByRole('button', { name: 'Stop the camera' }).click();
  const png = await page.screenshot({ clip: { x: 0, y: 0, width: 64, height: 64 } });
  const asFile = { name: 'a.png', mimeType: 'image/png', buffer: png };
  await page.setInputFiles('input[type=file] >> nth=2', asFile);
  await page.getByText(/39 layers by themselves.*: none off/).waitFor();
  await picture('compare');
  await page.getByRole('tab', { name: 'Int8' }).click();
  await page.setInputFiles('section input[type=file]', asFile);
  await picture('int8');
  await page.getByRole('button', { name: 'Quantise with 1 picture' }).click();
  await page.getByText('ghost_fmnist-int8:').waitFor();
  await page.getByRole('tab', { name: 'Code' }).click();
  await page.getByText('qlinear_conv2d').first().waitFor();
  await picture('int8-code');

  await page.setInputFiles(
    'input[type=file] >> nth=0',
    join(root, 'test-fixtures/cases/bind-auto-pad/model.onnx'),
  );
  await page.getByText('C and WGSL need sizes of').waitFor();
  await page.getByLabel('Sizes').fill('N=1 H=9 W=8');
  await page.getByLabel('Sizes').press('Enter');
  await page.getByText('@compute').first().waitFor();
  expect(await page.evaluate(() => location.hash)).toContain('sizes=');
  await picture('sizes');

  await page.emulateMedia({ colorScheme: 'dark' });
  await picture('dark');
  await page.setViewportSize({ width: 390, height: 844 });
  await page.getByRole('tab', { name: 'Graph' }).click();
  await page.locator('svg[data-laid-out=true]').waitFor();
  await picture('phone');
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
  expect(errors).toEqual([]);
});
