import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import {
  type Check,
  isHash,
  isOneOf,
  isWhole,
  type Json,
  openStore,
  type Store,
  storeBytes,
  storedBytes,
} from '@ghostc/jobs';
import { venvPython } from '../build/venv-python.ts';
import type { ZooModel } from '../zoo/fetch-model.ts';
import { tryModel, type ZooRow, zooPeers } from '../zoo/try-model.ts';
import { onQueue, type QueuePlace } from './on-queue.ts';
import { checkedParams } from './params.ts';

/** A model of the zoo, whose bytes the store has. */
interface ZooParams extends Required<Pick<ZooModel, 'sha256' | 'input' | 'bind'>> {
  readonly format: '.onnx' | '.tflite';
  /** Seconds that a step may take. */
  readonly limit: number;
}

const sizes: Check = {
  ok: (v) => typeof v === 'object' && v !== null && Object.values(v).every(isWhole.ok),
  expected: 'sizes by name',
};

/** The kind of job that `npm run zoo -- --queue` asks for: a `ZooRow`. */
export async function zooJob(params: Json, store: Store): Promise<Json> {
  const { format, limit, ...model } = checkedParams<ZooParams>(params, {
    sha256: isHash,
    input: isOneOf(['picture', 'sound']),
    bind: sizes,
    format: isOneOf(['.onnx', '.tflite']),
    limit: isWhole,
  });
  const root = process.cwd();
  const folder = mkdtempSync(join(tmpdir(), 'zoo-job-'));
  try {
    const path = join(folder, `model${format}`);
    writeFileSync(path, await storedBytes(model.sha256, store));
    const tool = {
      command: join(root, 'apps/cli/dist/ghostc.mjs'),
      python: venvPython(root, zooPeers),
      limit,
    };
    const row: object = await tryModel(model, path, tool);
    return row as Json;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Has workers on a queue try models; their files go into the store. */
export async function zooOnQueue(
  models: readonly { readonly model: ZooModel; readonly path: string }[],
  limit: number,
  { onRow, ...queue }: QueuePlace & { readonly onRow: (row: ZooRow) => void },
): Promise<void> {
  const store = openStore(queue.store);
  for (const { path } of models) await storeBytes(readFileSync(path), store);
  const jobs = models.map(({ model: { sha256, input, bind = {} }, path }) => ({
    kind: 'zoo',
    params: { sha256, input, bind, format: extname(path), limit },
  }));
  await onQueue(jobs, { ...queue, onResult: (result) => onRow(result as object as ZooRow) });
}
