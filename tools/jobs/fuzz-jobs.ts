import { type Check, isWhole, type Json } from '@ghostc/jobs';
import { type Files, fuzzGraphs, saveIn, type Tally } from '../fuzz/fuzz-graphs.ts';
import { mergedReports, part, type Share } from '../fuzz/in-parallel.ts';
import { fuzzOnnx, type OnnxReport } from '../fuzz/onnx/fuzz-onnx.ts';
import { targets as onnxTargets, type Target } from '../fuzz/onnx/judge-models.ts';
import { opDraws } from '../fuzz/onnx/op-draws.ts';
import { onQueue, type QueuePlace } from './on-queue.ts';
import { checkedParams, isShare, someOf } from './params.ts';

/** A share of a run of `npm run fuzz:graphs`. */
interface GraphsParams {
  /** Of all shares. */
  readonly count: number;
  readonly seed: number;
  readonly targets: readonly string[];
  readonly share: Share;
}

/** What came of it, and the files of failures, as base64 by path. */
interface GraphsResult {
  readonly tally: Tally;
  readonly failures: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** A share of a run of `npm run fuzz:onnx`. */
interface OnnxModelsParams extends GraphsParams {
  readonly ops: readonly string[];
  readonly targets: readonly Target[];
}

/** Graphs of a job. */
const TOGETHER = 200;

const aTarget: Check = {
  ok: (v) => Array.isArray(v) && v.every((one) => /^(onnx|wgsl|c(@[\w-]+)?)$/.test(String(one))),
  expected: 'a list of targets',
};

/** The kind of job that `npm run fuzz:graphs -- --queue` asks for. */
export async function graphsJob(params: Json): Promise<Json> {
  const checks = { count: isWhole, seed: isWhole, targets: aTarget, share: isShare };
  const { count, ...run } = checkedParams<GraphsParams>(params, checks);
  const failures: Record<string, Record<string, string>> = {};
  const save = (name: string, files: Files): string => {
    const texts = [...files].map(([path, content]) => [path, Buffer.from(content).toString('base64')]);
    failures[name] = Object.fromEntries(texts);
    return name;
  };
  const tally: object = await fuzzGraphs({ ...run, graphs: part(count, run.share), save });
  return { tally: tally as Json, failures };
}

/** The kind of job that `npm run fuzz:onnx -- --queue` asks for. */
export async function onnxModelsJob(params: Json): Promise<Json> {
  const checks = {
    count: isWhole,
    seed: isWhole,
    ops: someOf([...opDraws.keys()]),
    targets: someOf(onnxTargets),
    share: isShare,
  };
  const { count, ...run } = checkedParams<OnnxModelsParams>(params, checks);
  const report: object = await fuzzOnnx({ ...run, count: part(count, run.share) });
  return report as Json;
}

/** Random graphs in shares on a queue, with the tallies in one; failures go into `folder`. */
export async function fuzzGraphsOnQueue(
  params: Omit<GraphsParams, 'share'>,
  queue: QueuePlace,
  folder: string,
): Promise<Tally> {
  const results = await sharesOnQueue('graphs', { ...params }, queue);
  const found = results as object as readonly GraphsResult[];
  for (const [name, files] of found.flatMap(({ failures }) => Object.entries(failures)))
    saveIn(folder)(plain(name), decoded(files));
  return mergedReports(found.map(({ tally }): Json => ({ ...tally })));
}

/** Random ONNX models in shares on a queue, with the reports in one. */
export async function fuzzOnnxOnQueue(
  params: Omit<OnnxModelsParams, 'share'>,
  queue: QueuePlace,
): Promise<OnnxReport> {
  return mergedReports(await sharesOnQueue('onnx-models', { ...params }, queue));
}

async function sharesOnQueue(
  kind: string,
  params: Readonly<Record<string, Json>> & { readonly count: number },
  queue: QueuePlace,
): Promise<Json[]> {
  const count = Math.ceil(params.count / TOGETHER);
  const jobs = Array.from({ length: count }, (_, index) => ({
    kind,
    params: { ...params, share: { index, count } },
  }));
  const results: Json[] = [];
  await onQueue(jobs, { ...queue, onResult: (result) => results.push(result) });
  return results;
}

function decoded(files: Readonly<Record<string, string>>): Files {
  return new Map(
    Object.entries(files).map(([path, text]) => [
      path.split('/').map(plain).join('/'),
      Buffer.from(text, 'base64'),
    ]),
  );
}

/** A name that leads out of no folder: it comes from another machine. */
function plain(name: string): string {
  if (/^\w[\w.-]*$/.test(name)) return name;
  throw new Error(`expected the name of a file, found ${JSON.stringify(name)}`);
}
