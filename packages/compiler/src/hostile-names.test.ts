import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseGraph } from '@ghostc/ir';
import { readOnnx } from '@ghostc/onnx';
import { registry } from '@ghostc/ops';
import { expect, test } from 'vitest';
import { compileFiles, type Target, targets } from './compile.ts';

const names = [
  '*/ system("x") /*',
  '../../x',
  '</script><img src=x onerror=alert(1)>',
  '"); system("x"); ("',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a name that would be code in a template
  '`${process.exit()}`',
  'a\n#include "/etc/passwd"\n',
  '\u2028\u202e\\u002a/',
  '__proto__',
  'main',
  '',
];

/** Code or markup that one of the names would have become. */
const escaped = /system ?\(|#include "\/|process\.exit|<img|onerror=/;

function graph(name: string) {
  const quoted = JSON.stringify(name || 'x');
  return parseGraph(
    `graph @${quoted}(%${quoted}: f32[1,2,3,3])
const %"w": f32[3,2,1,1] = random(1)
%"a" = conv2d %${quoted}, %"w" from ${quoted}
%"b" = sigmoid %"a" from ${quoted}
return %"b" as "out"`,
    { registry },
  );
}

/** Any C compiler: only the syntax is looked at. */
const compiler = process.env.CC ?? 'cc';

const compiled = (name: string, target: Target) =>
  compileFiles(graph(name), target, {
    name,
    ...(target !== 'onnx' && target !== 'c' && { runtime: 'export {};', buildWasm: () => new Uint8Array() }),
  });

test.each(names)('the name %j stays in no output file name', (name) => {
  for (const target of targets)
    for (const file of compiled(name, target).keys()) expect(file).toMatch(/^[a-z][\w.-]*$/);
});

test.each(names)('the name %j escapes into no code', (name) => {
  const c = [...compiled(name, 'c')].filter(([file]) => /\.[ch]$/.test(file));
  for (const [, content] of c) {
    const code = String(content).replace(/\/\*[\s\S]*?\*\//g, '');
    expect(code).not.toMatch(escaped);
  }
  for (const [file, content] of compiled(name, 'wgsl')) {
    if (file.endsWith('.wgsl')) expect(String(content)).not.toMatch(escaped);
    if (file.endsWith('.html')) expect(String(content)).not.toMatch(escaped);
  }
  const [onnx] = compiled(name, 'onnx').values();
  expect(readOnnx(onnx as Uint8Array).inputs[0]?.name).toBe(name || 'x');
});

test('C and JavaScript with hostile names compile', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ghostc-names-'));
  try {
    for (const [i, name] of names.entries()) {
      const c = compiled(name, 'c');
      for (const [file, content] of c) writeFileSync(join(folder, file), content);
      const source = [...c.keys()].find((file) => /^(?!.*_weights).*\.c$/.test(file)) as string;
      const cc = spawnSync(compiler, ['-std=c99', '-Wall', '-Werror', '-fsyntax-only', source], {
        cwd: folder,
        encoding: 'utf8',
      });
      expect({ name, stderr: cc.stderr, status: cc.status }).toEqual({ name, stderr: '', status: 0 });
      const [, module] = [...compiled(name, 'wgsl')].find(([file]) => file.endsWith('.js')) as [
        string,
        string,
      ];
      const script = join(folder, `m${i}.mjs`);
      writeFileSync(script, module);
      const js = spawnSync(process.execPath, ['--check', script], { encoding: 'utf8' });
      expect({ name, stderr: js.stderr, status: js.status }).toEqual({ name, stderr: '', status: 0 });
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
