import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where the command keeps what it would otherwise compute or measure again. */
export function cacheFolder(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'ghostc');
}
