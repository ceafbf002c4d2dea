import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Where the shell would find the command. */
export function pathOf(command: string): string | undefined {
  const names = process.platform === 'win32' ? [`${command}.exe`, `${command}.cmd`] : [command];
  const files = (process.env.PATH ?? '')
    .split(delimiter)
    .flatMap((folder) => names.map((name) => join(folder, name)));
  return files.find((file) => existsSync(file));
}

export const onPath = (command: string): boolean => pathOf(command) !== undefined;

export function anyFile(...paths: readonly string[]): boolean {
  return paths.some((path) => existsSync(path));
}
