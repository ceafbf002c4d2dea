import { CompileError, messageOf } from '@ghostc/ir';
import { loadPackage } from '@ghostc/runtimes';
import type { Redis } from 'ioredis';

/** Milliseconds until a lost connection is tried again, at most. */
const RETRY = 1000;

/**
 * A connection to Redis or Valkey by its URL (`redis://`, `rediss://` with TLS; user and password from the
 * URL). Reconnects whenever it is lost. Throws `jobs/queue`.
 */
export async function connectQueue(url: string): Promise<Redis> {
  if (!/^rediss?:\/\/./.test(url))
    throw new CompileError(
      'jobs/queue',
      `expected redis://HOST:PORT or rediss://..., found ${withoutSecrets(url)}`,
    );
  const { Redis: Client } = await loadPackage<typeof import('ioredis')>('ioredis', 'a queue');
  const client = new Client(url, {
    lazyConnect: true,
    maxRetriesPerRequest: null,
    retryStrategy: (times) => Math.min(times * 100, RETRY),
  });
  let reason = '';
  client.on('error', (error: Error) => {
    reason = error.message || reason || (error as NodeJS.ErrnoException).code || 'no answer';
  });
  try {
    await client.connect();
    await client.ping();
    return client;
  } catch (error) {
    client.disconnect();
    throw new CompileError('jobs/queue', `${withoutSecrets(url)}: ${reason || messageOf(error)}`);
  }
}

/** A URL without user and password. */
export function withoutSecrets(url: string): string {
  return url.replace(/\/\/[^/@]*@/, '//');
}
