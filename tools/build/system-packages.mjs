import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * The table of @ghostc/runtimes: what each target needs beyond Node. This file runs before any npm package is
 * installed.
 */
const table = JSON.parse(
  readFileSync(
    fileURLToPath(new URL('../../packages/runtimes/src/process/tool-table.json', import.meta.url)),
    'utf8',
  ),
);
const targets = ['c', 'c@cortex-m4', 'c@cortex-m7', 'c@cortex-m55', 'c@rv32', 'wgsl', 'wasm'];

/** Tools and libraries of the system that this machine does not have and a target needs. */
export function missingNeeds() {
  const needed = Object.values(table).filter((tool) => tool.targets.some((name) => targets.includes(name)));
  return needed.filter((tool) => tool.packages.apt && !isFound(tool));
}

function isFound({ commands = [], files = [], variable, onlyOn, onlyWith }) {
  if ((onlyOn && process.platform !== onlyOn) || (onlyWith && !onPath(onlyWith))) return true;
  return !!process.env[variable] || commands.some(onPath) || files.some((file) => existsSync(file));
}

/** The command that installs what is missing on Debian, as CI does. `ghostc doctor` knows other systems. */
export function installCommand(missing) {
  const packages = [...new Set(missing.flatMap((tool) => tool.packages.apt))];
  return `apt-get install -y --no-install-recommends ${packages.join(' ')}`;
}

export function onPath(tool) {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, tool)));
}
