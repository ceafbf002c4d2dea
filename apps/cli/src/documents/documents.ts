import { execFileSync } from 'node:child_process';

/** The documents whose blocks run. */
export function documents(root: string): string[] {
  const all = execFileSync('git', ['ls-files', '*.md'], { cwd: root, encoding: 'utf8' }).split('\n');
  return all.filter((path) => path && path !== 'CHANGELOG.md');
}
