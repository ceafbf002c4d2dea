import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import * as edit from '@ghostc/edit';
import * as ir from '@ghostc/ir';
import * as ops from '@ghostc/ops';
import * as passes from '@ghostc/passes';
import { loadPackage } from '@ghostc/runtimes';
import type { BuildOptions, Plugin } from 'esbuild';

/** What a rule file may import: the very modules that the command runs with. */
const published: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  '@ghostc/edit': edit,
  '@ghostc/ir': ir,
  '@ghostc/ops': ops,
  '@ghostc/passes': passes,
};

const GLOBAL = 'ghostcPublished';

/**
 * Loads rules from a TypeScript or JavaScript file: its export `rules`, a list, or its default export. Imports of
 * `@ghostc/...` reach the command's own modules, so the file may lie anywhere. Throws `rules/file`.
 */
export async function loadRules(file: string): Promise<readonly passes.Rule[]> {
  const path = resolve(file);
  if (!existsSync(path)) throw new ir.CompileError('file/missing', 'there is no such file', { file });
  const module = await importBundled(path, file);
  const found = module.rules ?? module.default;
  const rules = Array.isArray(found) ? found : [found];
  if (rules.length && rules.every(isRule)) return rules;
  throw new ir.CompileError(
    'rules/file',
    'expected an export `rules` with rules made by rule() of @ghostc/passes',
    { file },
  );
}

/** The exports of a TypeScript or JavaScript file, which may import what ghostc publishes. Throws `rules/file`. */
export async function importBundled(path: string, file: string): Promise<Record<string, unknown>> {
  const { build } = await loadPackage<typeof import('esbuild')>('esbuild', 'a file of rules or a spec');
  (globalThis as Record<string, unknown>)[GLOBAL] = published;
  const options: BuildOptions & { write: false } = {
    entryPoints: [path],
    plugins: [publishedModules],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    logLevel: 'silent',
  };
  try {
    const { outputFiles } = await build(options);
    const code = Buffer.from(outputFiles[0]?.contents ?? []).toString('base64');
    return await import(`data:text/javascript;base64,${code}`);
  } catch (error) {
    if (error instanceof ir.CompileError) throw error.at({ file });
    throw new ir.CompileError('rules/file', ir.messageOf(error), { file });
  }
}

const publishedModules: Plugin = {
  name: 'published-modules',
  setup(build) {
    build.onResolve({ filter: /^@ghostc\// }, ({ path }) => ({ path, namespace: 'published' }));
    build.onLoad({ filter: /.*/, namespace: 'published' }, ({ path }) => {
      const module = published[path];
      if (!module)
        return {
          errors: [
            {
              text: `${path} is not part of the published API; there are ${Object.keys(published).join(', ')}`,
            },
          ],
        };
      return {
        contents: `export const { ${Object.keys(module).join(', ')} } = globalThis.${GLOBAL}[${JSON.stringify(path)}];`,
      };
    });
  },
};

function isRule(value: unknown): value is passes.Rule {
  return (
    typeof value === 'object' && value !== null && 'apply' in value && 'roots' in value && 'name' in value
  );
}
