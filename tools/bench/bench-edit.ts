import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { edit, loadOnnx, saveOnnx } from '@ghostc/edit';
import { type Graph, parseGraph } from '@ghostc/ir';
import { registry } from '@ghostc/ops';
import { any, applyRules, op, rule } from '@ghostc/passes';
import { venvPython } from '../build/venv-python.ts';

/**
 * Times of editing a model of 20,000 nodes (Relu and Neg in turn): load and save of a file, with the verifier, against onnx-ir's;
 * 10,000 insertions in one `edit`; 10,000 rewrites against onnxscript's rewriter. Rounds are interleaved, and the least of them
 * counts; ratios are of ours to the peer's in the same run. A table, or JSON with --json; exit code 1 over a limit.
 */
const PAIRS = 10_000;
const ROUNDS = 5;
const PEERS = ['onnx-ir==1.1.0', 'onnxscript==0.7.2', 'onnx==1.22.0'];

interface Times {
  readonly load: number;
  readonly save: number;
  readonly rewrites: number;
}

interface PeerTimes extends Times {
  readonly nodes: number;
  readonly versions: string;
}

interface Round {
  readonly ours: Times & { readonly insertions: number };
  readonly theirs: PeerTimes;
}

const absolute = rule({
  name: 'absolute',
  match: op('neg', op('relu', any('x'))),
  rewrite: ({ x }, build) => build.abs({ x }),
});

const folder = mkdtempSync(join(tmpdir(), 'ghostc-bench-edit-'));
try {
  process.exitCode = bench();
} finally {
  rmSync(folder, { recursive: true });
}

function bench(): number {
  const python = venvPython(process.cwd(), PEERS);
  const file = join(folder, 'chain.onnx');
  writeFileSync(file, saveOnnx(chain()));
  ourTimes(file); // compiles: the first run is not counted
  const rounds = Array.from({ length: ROUNDS }, () => ({
    ours: ourTimes(file),
    theirs: peerTimes(python, file),
  }));
  return report(rounds);
}

function report(rounds: readonly Round[]): number {
  const least = (of: (round: Round) => number): number => Math.min(...rounds.map(of));
  const rows = (['load', 'save', 'rewrites'] as const).map((what) => {
    const [ours, peer] = [least((round) => round.ours[what]), least(({ theirs }) => theirs[what])];
    return { what, ours, peer, ratio: ours / peer, limit: what === 'rewrites' ? 0.5 : 1 };
  });
  const insertions = least(({ ours }) => ours.insertions);
  const machine = { processor: cpus()[0]?.model, load: loadavg()[0], node: process.version };
  const versions = rounds[0]?.theirs.versions;
  if (process.argv.includes('--json'))
    console.log(JSON.stringify({ rows, insertions, versions, machine }, null, 2));
  else {
    for (const { what, ours, peer, ratio, limit } of rows)
      console.log(
        `${what.padEnd(10)} ${ours.toFixed(0).padStart(6)} ms  peer ${peer.toFixed(0).padStart(6)} ms  ratio ${ratio.toFixed(2)} (at most ${limit})`,
      );
    console.log(`insertions ${insertions.toFixed(0).padStart(6)} ms  (at most 500)`);
    console.log(`${versions}; ${machine.processor}, Node ${machine.node}, load ${machine.load?.toFixed(1)}`);
  }
  return rows.every(({ ratio, limit }) => ratio <= limit) && insertions <= 500 ? 0 : 1;
}

function chain(): Graph {
  const lines = Array.from(
    { length: 2 * PAIRS },
    (_, i) => `  %n${i} = ${i % 2 ? 'neg' : 'relu'} %${i ? `n${i - 1}` : 'x'}`,
  );
  return parseGraph(`graph @chain(%x: f32[4])\n${lines.join('\n')}\n  return %n${2 * PAIRS - 1}`, {
    registry,
  });
}

function ourTimes(file: string): Round['ours'] {
  const [graph, load] = timed(() => loadOnnx(readFileSync(file)));
  const [, save] = timed(() => writeFileSync(join(folder, 'ours.onnx'), saveOnnx(graph)));
  const [inserted, insertions] = timed(() =>
    edit(graph, (e) => {
      for (let i = 0; i < PAIRS; i++) e.insertAfter(`n${i}`, { op: 'tanh', inputs: [`n${i}`] });
    }),
  );
  const [fired, rewrites] = timed(() => applyRules(graph, [absolute]));
  if (fired !== PAIRS || inserted.nodeCount !== 3 * PAIRS)
    throw new Error(`${fired} rewrites, ${inserted.nodeCount} nodes`);
  return { load, save, rewrites, insertions };
}

function peerTimes(python: string, file: string): PeerTimes {
  const args = ['tools/bench/edit-peers.py', file, join(folder, 'theirs.onnx')];
  const printed = execFileSync(python, args, { encoding: 'utf8' }).trim().split('\n');
  const times: PeerTimes = JSON.parse(printed.at(-1) ?? '');
  if (times.nodes !== PAIRS) throw new Error(`onnxscript left ${times.nodes} nodes`);
  return times;
}

function timed<T>(run: () => T): [T, number] {
  const start = performance.now();
  const result = run();
  return [result, performance.now() - start];
}
