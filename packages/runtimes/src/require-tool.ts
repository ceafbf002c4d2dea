import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { CompileError } from '@ghostc/ir';

/** A tool of the system, with the Debian packages that bring it. */
export interface Tool {
  readonly command: string;
  readonly packages: readonly string[];
}

/** Throws `tool/missing` with the install command when one of the tools is not on the PATH. */
export function requireTools(tools: readonly Tool[], purpose: string): void {
  const missing = tools.filter(({ command }) => !onPath(command));
  if (missing.length === 0) return;
  throw missingTools(
    missing.map(({ command }) => command).join(', '),
    missing.flatMap(({ packages }) => packages),
    purpose,
  );
}

export function missingTools(what: string, packages: readonly string[], purpose: string): CompileError {
  const install = `apt-get install -y --no-install-recommends ${[...new Set(packages)].join(' ')}`;
  return new CompileError('tool/missing', `${purpose} needs ${what}`, {}, [`install with: ${install}`]);
}

export function onPath(command: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, command)));
}
