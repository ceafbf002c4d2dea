import { entryOf } from '@ghostc/ir';
import {
  createSession,
  type IoData,
  ioArrays,
  requestDevice,
  type Session,
  type WgslManifest,
} from '@ghostc/wgsl-runtime';

/** A task from remote-gpu.ts. `blob` names what to fetch for it: weights, or the inputs one after the other. */
export type RemoteTask =
  | {
      readonly kind: 'load';
      readonly session: number;
      readonly manifest: WgslManifest;
      readonly plain: boolean;
    }
  | { readonly kind: 'run'; readonly session: number }
  | { readonly kind: 'dispose'; readonly session: number }
  | { readonly kind: 'check'; readonly sources: readonly string[] }
  | { readonly kind: 'stop' };

/** Runs in a page or in Deno: takes tasks from the server at `origin`, one after another, until told to stop. */
const sessions = new Map<number, Session>();

export async function work(origin: string): Promise<void> {
  for (;;) {
    const { id, task } = (await (await fetch(`${origin}/next`)).json()) as { id: number; task: RemoteTask };
    const answer = await perform(origin, id, task).catch((error: Error) =>
      JSON.stringify({ error: error.message }),
    );
    await (await fetch(`${origin}/result/${id}`, { method: 'POST', body: answer })).arrayBuffer();
    if (task.kind === 'stop') return;
  }
}

async function perform(origin: string, id: number, task: RemoteTask): Promise<string | Blob> {
  if (task.kind === 'load') return load(task, await blob(origin, id));
  if (task.kind === 'run') return run(entryOf(sessions, task.session), await blob(origin, id));
  if (task.kind === 'check') return JSON.stringify({ problems: await check(task.sources) });
  if (task.kind === 'dispose') {
    sessions.get(task.session)?.dispose();
    sessions.delete(task.session);
  }
  return '{}';
}

async function blob(origin: string, id: number): Promise<Uint8Array> {
  return new Uint8Array(await (await fetch(`${origin}/blob/${id}`)).arrayBuffer());
}

async function load(
  { session, manifest, plain }: Extract<RemoteTask, { kind: 'load' }>,
  weights: Uint8Array,
): Promise<string> {
  const options = plain ? { offers: () => false } : {};
  sessions.set(session, await createSession(() => requestDevice(manifest), { manifest, weights }, options));
  return '{}';
}

async function run(session: Session, bytes: Uint8Array): Promise<Blob> {
  let at = 0;
  const inputs: Record<string, IoData> = {};
  for (const { name, bytes: size, dtype } of session.manifest.inputs) {
    inputs[name] = new ioArrays[dtype](bytes.slice(at, at + size).buffer);
    at += size;
  }
  const outputs = await session.run<IoData>(inputs);
  return new Blob(
    session.manifest.outputs.map(({ name }) => outputs[name] as IoData as Float32Array<ArrayBuffer>),
  );
}

/** For each source the first problem that the front end of this engine has with it, or null; `skipped` for a missing feature. */
async function check(sources: readonly string[]): Promise<(string | null)[]> {
  const adapter = await navigator.gpu.requestAdapter();
  if (!adapter) throw new Error('WebGPU has no adapter here');
  const features = ['shader-f16', 'subgroups'].filter((feature) => adapter.features.has(feature));
  const device = await adapter.requestDevice({ requiredFeatures: features as GPUFeatureName[] });
  const problems: (string | null)[] = [];
  for (const code of sources) {
    const missing = [...code.matchAll(/^enable (\w+);/gm)].find(
      ([, name]) => !features.includes(name === 'f16' ? 'shader-f16' : String(name)),
    );
    device.pushErrorScope('validation');
    if (!missing) device.createShaderModule({ code });
    const problem = await device.popErrorScope();
    problems.push(missing ? `skipped: no ${missing[1]}` : (problem?.message ?? null));
  }
  device.destroy();
  return problems;
}
