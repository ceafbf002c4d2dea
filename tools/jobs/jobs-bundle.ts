import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

export interface JobsBundle {
  readonly file: string;
  /** Hash of the code that jobs run. */
  readonly code: string;
}

/** What `bundle-jobs.mjs` makes of this checkout. */
export function jobsBundle(): JobsBundle {
  const script = join(process.cwd(), 'tools/jobs/bundle-jobs.mjs');
  const stdio = ['ignore', 'pipe', 'inherit'] as const;
  return JSON.parse(execFileSync(process.execPath, [script], { encoding: 'utf8', stdio: [...stdio] }));
}

/** Workers of other code may give other results: they have another queue. */
export function queueName(code: string): string {
  return `ghostc-tools-${code.slice(0, 16)}`;
}
