import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CompileError } from '@ghostc/ir';

const LOCK = '.ghostc-lock-';
const TRIES = 20;
/** Milliseconds between two tries, at most. */
const PAUSE = 100;

/**
 * Runs `body` while no other process does so for the folder. Each process creates a file with its number in
 * it, and continues if it sees no other; files of processes that have ended are removed. Throws `write/busy`
 * if another process does not finish in time.
 */
export function whileLocked<T>(folder: string, body: () => T): T {
  const release = holdLock(folder);
  try {
    return body();
  } finally {
    release();
  }
}

/** The same for work that waits: gives what ends it. */
export function holdLock(folder: string): () => void {
  const own = join(folder, `${LOCK}${process.pid}`);
  acquire(folder, own);
  return () => rmSync(own, { force: true });
}

function acquire(folder: string, own: string): void {
  for (let left = TRIES; left > 0; left--) {
    rmSync(own, { force: true }); // of an earlier process of this number
    writeFileSync(own, '', { flag: 'wx' });
    if (!othersIn(folder)) return;
    rmSync(own, { force: true });
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Math.random() * PAUSE);
  }
  throw new CompileError('write/busy', 'another process is writing into this folder', { file: folder });
}

function othersIn(folder: string): boolean {
  const numbers = readdirSync(folder).flatMap((name) =>
    name.startsWith(LOCK) ? [Number(name.slice(LOCK.length))] : [],
  );
  const others = numbers.filter((number) => number !== process.pid);
  for (const number of others)
    if (!isRunning(number)) rmSync(join(folder, `${LOCK}${number}`), { force: true });
  return others.some(isRunning);
}

function isRunning(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid < 1) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
