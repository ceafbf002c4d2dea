import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { allowances } from '@ghostc/bisect';
import { compileWgsl } from '@ghostc/compiler';
import { interpreterRuntime, seededInputs } from '@ghostc/conformance';
import { parseGraph, type Tensor } from '@ghostc/ir';
import { registry } from '@ghostc/ops';
import { browserTools, bundleForWeb, openBrowser, skipWithout } from '@ghostc/runtimes';
import type { WgslProgram } from '@ghostc/wgsl-runtime';
import { expect, test } from 'vitest';
import { reproductionPage } from './reproduction-page.ts';
import { testFolder } from './testing/test-folder.ts';

const folder = testFolder();

/** A name that would end the script, and one that would be an element. */
// biome-ignore lint/suspicious/noTemplateCurlyInString: it would be code in a template
const hostile = '</script><img src=x onerror="globalThis.escaped = 1"> ${1} `';

const graph = parseGraph(
  `graph @net(%x: f32[1,2,3,3])
const %w: f32[4,2,1,1] = random(1)
%a = conv2d %x, %w
%b = relu %a
return %b`,
  { registry },
);

/** The program with a kernel that adds 1 to results above 0.1, and with hostile names. */
function broken({ manifest, weights }: WgslProgram<Uint8Array>): WgslProgram<Uint8Array> {
  const modules = Object.entries(manifest.modules).map(([id, source]) => {
    const wrong = source.replace(/= (t\d\.[xyzw]);/g, '= select($1, $1 + 1.0, $1 > 0.1);');
    return [id, wrong] as const;
  });
  const named = manifest.dispatches.map((dispatch) => ({ ...dispatch, label: hostile }));
  return {
    manifest: { ...manifest, modules: Object.fromEntries(modules), variants: {}, dispatches: named },
    weights,
  };
}

test('a page from the file system runs the shaders and marks what is off', async (context) => {
  skipWithout(browserTools, 'a page', context);
  const inputs = seededInputs(graph, 1);
  const expected = await (await interpreterRuntime.prepare(graph)).run(inputs);
  const sound = compileWgsl(graph, { name: 'model' });
  const content = {
    title: hostile,
    runtime: await bundleForWeb(
      join(import.meta.dirname, '../../../packages/wgsl-runtime/src/bundles/wgsl.ts'),
    ),
    inputs: [...inputs.values()],
    expected: [...expected.values()],
    allowed: [...allowances({ graph, inputs }, expected).values()],
  };
  writeFileSync(join(folder, 'sound.html'), reproductionPage({ ...content, program: sound }));
  writeFileSync(join(folder, 'broken.html'), reproductionPage({ ...content, program: broken(sound) }));
  const { page, close } = await openBrowser(() => '<!doctype html>', '/index.html');
  const open = async (file: string) => {
    await page.goto(pathToFileURL(join(folder, file)).href);
    await page.waitForFunction('globalThis.result && document.querySelector("pre")');
    return (await page.evaluate('globalThis.result')) as { differ: number; elements: number }[];
  };
  try {
    const values = (expected.get('b') as Tensor).data as Float32Array;
    expect(await open('sound.html')).toMatchObject([{ elements: 36, differ: 0 }]);
    const wrong = values.filter((v) => v > 0.1).length;
    expect(wrong).toBeGreaterThan(0);
    expect(await open('broken.html')).toMatchObject([{ elements: 36, differ: wrong }]);
    expect(await page.locator('tr.beyond').count()).toBe(wrong);
    expect(await page.textContent('h1')).toBe(hostile);
    expect(await page.evaluate('globalThis.escaped')).toBeUndefined();
    expect(await page.locator('img').count()).toBe(0);
  } finally {
    await close();
  }
});
