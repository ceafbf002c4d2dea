import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Application } from 'typedoc';
import { root } from './setup.mjs';

/** API reference of every package from its docstrings: `npm run docs [FOLDER]`, docs/api if none is given. */
const out = process.argv[2] ?? join(root, 'docs/api');
const packages = readdirSync(join(root, 'packages')).sort();
const app = await Application.bootstrapWithPlugins({
  name: 'ghostc',
  entryPoints: packages.map((name) => join(root, 'packages', name, 'src/index.ts')),
  tsconfig: join(root, 'tsconfig.json'),
  readme: 'none',
  excludePrivate: true,
  excludeInternal: true,
  skipErrorChecking: true, // `npm run typecheck` does that
  disableGit: true,
  disableSources: true,
  validation: { notExported: false, invalidLink: true, notDocumented: false },
});
const project = await app.convert();
if (!project) process.exit(1);
for (const module of project.children ?? []) module.name = `@ghostc/${module.name.split('/')[0]}`;
await app.generateDocs(project, out);
if (app.logger.hasErrors()) process.exitCode = 1;
