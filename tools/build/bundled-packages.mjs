import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/** The npm packages that bundles took files from, by name and version, from esbuild's metadata in this folder. */
export function bundledPackages(metafiles) {
  const files = metafiles.flatMap(({ outputs }) =>
    Object.values(outputs).flatMap(({ inputs }) => Object.keys(inputs)),
  );
  const folders = new Set(files.filter((file) => file.includes('node_modules/')).map(packageFolder));
  return [...folders]
    .map(describe)
    .sort((a, b) => a.name.localeCompare(b.name) || a.version.localeCompare(b.version));
}

/** The folder of the package that a file belongs to: some packages have a package.json without a name further down. */
function packageFolder(file) {
  let folder = dirname(resolve(file));
  while (!isPackage(folder)) folder = dirname(folder);
  return folder;
}

function isPackage(folder) {
  const file = join(folder, 'package.json');
  return existsSync(file) && !!JSON.parse(readFileSync(file, 'utf8')).version;
}

function describe(folder) {
  const { name, version, license, licenses } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const text = readdirSync(folder).find((file) => /^(licen[cs]e|copying)/i.test(file));
  return {
    name,
    version,
    license: license?.type ?? license ?? licenses?.[0]?.type ?? 'unknown',
    text: text ? readFileSync(join(folder, text), 'utf8').trim() : '',
  };
}
