import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeModel } from '@ghostc/onnx';
import { describe, expect, test } from 'vitest';
import { ghostcIn, models } from './testing/run-ghostc.ts';
import { testFolder } from './testing/test-folder.ts';

const fmnist = join(models, 'ghost_fmnist');
const seed = join(models, 'modules/ghost_module_seed');
const folder = testFolder();
const ghostc = ghostcIn(folder);

describe('rules of a user, in a file outside the repository', () => {
  const rules = `
import { any, op, rule } from '@ghostc/passes';
import type { Value } from '@ghostc/ir';

// relu(relu(x)) => relu(x)
export const rules = [
  rule({
    name: 'one-relu-is-enough',
    match: op('relu', op('relu', any('x')).as('inner')).as('outer'),
    unless: ({ inner }) => inner.origin.includes('keep') && 'its name is keep',
    rewrite: ({ x }: { x: Value }, build) => build.node('relu', [x]),
  }),
];
`;
  const text = (origin: string): string => `graph @g(%x: f32[4])
  %0 = relu %x from "${origin}"
  %1 = relu %0
  return %1
`;

  test('opt applies them, explain tells why they declined', () => {
    writeFileSync(join(folder, 'my-rules.ts'), rules);
    writeFileSync(join(folder, 'two.gir'), text('first'));
    writeFileSync(join(folder, 'kept.gir'), text('keep'));
    const { status, stdout } = ghostc('opt', 'two.gir', '--rules', './my-rules.ts', '--check-each');
    expect(status).toBe(0);
    expect(stdout.match(/relu %/g)).toHaveLength(1);
    const explained = JSON.parse(
      ghostc('explain', 'kept.gir', '--rules', 'my-rules.ts', '--rule', 'one-relu-is-enough', '--json')
        .stdout,
    );
    expect(explained.fired).toEqual([]);
    expect(explained.declined.map((miss: { reason: string }) => miss.reason)).toContain('its name is keep');
  });

  test('explain takes sizes as the other commands do', () => {
    writeFileSync(join(folder, 'open.gir'), text('first').replace('f32[4]', 'f32[n]'));
    const bound = (size: string) =>
      ghostc('explain', 'open.gir', '--rules', 'my-rules.ts', '--rule', 'one-relu-is-enough', '--bind', size);
    expect(bound('n=4')).toMatchObject({ status: 0, stdout: expect.stringContaining('fired 1 times') });
    expect(bound('m=4')).toMatchObject({ status: 2, stderr: expect.stringMatching(/\bm\b/) });
  });

  test('a rule with a file of its own beside it, on an ONNX model, written as ONNX', () => {
    writeFileSync(join(folder, 'limits.ts'), 'export const limit: number = 6;\n');
    writeFileSync(
      join(folder, 'clipped.ts'),
      `import { fromNumbers, type Value } from '@ghostc/ir';
import { attrsOf, conv2d } from '@ghostc/ops';
import { any, type Build, constant, op, rule } from '@ghostc/passes';
import { limit } from './limits.ts';

// relu(batch_norm(conv(x)))   =>   clip(conv(x), 0, 6)
export default rule({
  name: 'clip-instead',
  match: op('relu', op('batch_norm', op('conv2d', any('x'), constant('w')).as('conv')).others()),
  unless: ({ conv }) => attrsOf<{ group: number }>(conv2d, conv).group !== 1 && 'it has groups',
  rewrite({ x, w, conv }: { x: Value; w: Value; conv: { attrs: object } }, build: Build) {
    const bias = build.constant(fromNumbers('f32', [w.type.shape[0] as number], []), 'bias');
    return build.node('clip', [build.node('conv2d', [x, w, bias], conv.attrs as {})], { min: 0, max: limit });
  },
});
`,
    );
    const { status, stderr } = ghostc(
      'opt',
      join(seed, 'model.onnx'),
      '--rules',
      './clipped.ts',
      '--out',
      'clipped.onnx',
    );
    expect([status, stderr]).toEqual([0, '']);
    const { graph } = decodeModel(readFileSync(join(folder, 'clipped.onnx')));
    expect(graph?.node?.map((node) => node.op_type)).toContain('Clip');
  });

  test('a rule that changes the meaning is caught, with its smallest graph', () => {
    writeFileSync(
      join(folder, 'wrong.ts'),
      "import { any, op, rule } from '@ghostc/passes';\nexport const rules = [rule({ name: 'wrong', match: op('relu', any('x')), rewrite: ({ x }, build) => build.node('abs', [x]) })];\n",
    );
    const { status, stderr } = ghostc('opt', 'two.gir', '--rules', './wrong.ts', '--check-each');
    expect(status).toBe(1);
    expect(stderr).toContain('error[validate/difference]');
    expect(stderr).toContain('saved as failing-graph.gir');
    expect(readFileSync(join(folder, 'failing-graph.gir'), 'utf8')).toContain('relu');
  });

  test('a file without rules is refused', () => {
    writeFileSync(join(folder, 'none.ts'), 'export const rules = 3;\n');
    expect(ghostc('opt', 'two.gir', '--rules', './none.ts').stderr).toContain('expected an export `rules`');
  });
});

test('explain lists every near miss of a built-in rule', () => {
  const { fired, declined } = JSON.parse(
    ghostc('explain', join(fmnist, 'ghost_fmnist.onnx'), '--rule', 'raise-ghost-module', '--json').stdout,
  );
  expect(fired.length + declined.length).toBeGreaterThan(0);
  for (const miss of declined) expect(miss.reason.length).toBeGreaterThan(5);
});
