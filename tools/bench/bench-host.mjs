import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { litert, pythonVenv } from '../build/python-venv.mjs';
import { root, setup } from '../build/setup.mjs';

/**
 * One inference on one core of this machine, processor time, the contestants in turn: our C of a float32 GhostNet against the C
 * of emx-onnx-cgen and against onnxruntime with one thread; our C of an int8 model (`.tflite`) against LiteRT with XNNPACK. A plain
 * `cc -O2` of our C, which dispatches at run time, runs beside the build for this machine.
 * `node tools/bench/bench-host.mjs [MODEL.onnx|MODEL.tflite] [--json]`. Exit code 1 when a target is missed.
 */
const ROUNDS = 7;
const flags = ['-O3', '-march=native'];
const plain = 'ghostc, cc -O2';
const emx = 'emx-onnx-cgen==1.4.0';
const ort = 'onnxruntime==1.32.0';
const TARGETS = {
  [emx]: { atLeast: 5 },
  [ort]: { atLeast: 0.8 },
  [litert]: { atLeast: 1 },
  [plain]: { atMost: 1.05 },
};

const args = process.argv.slice(2);
const json = args.includes('--json');
const given = args.find((arg) => !arg.startsWith('--'));

/** Elements of the first driver, and C of input i. */
const float = {
  type: 'float',
  inputs: 3 * 224 * 224,
  outputs: 1000,
  value: '(float)(i * 7919 % 2001 - 1000) / 1000.0f',
  runs: 5,
};
const int8 = {
  type: 'int8_t',
  inputs: 'NET_IN_SIZE',
  outputs: 'NET_OUT_SIZE',
  value: '(int8_t)(i * 7919 % 256 - 128)',
  runs: 101,
};

await setup();
const { buildCli } = await import('../build/build-cli.mjs');
const cli = await buildCli();
const folder = mkdtempSync(join(tmpdir(), 'ghostc-bench-'));
try {
  const model = given ?? seededModel();
  const runners = model.endsWith('.tflite')
    ? [...ours(model, int8), liteRt(model)]
    : [...ours(model, float), theirs(model), onnxRuntime(model)];
  const times = inTurn(runners);
  report(model, runners, times);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function seededModel() {
  const reference = join(root, '../shared/models/ghostnet_v1_100_224/model.onnx');
  if (existsSync(reference)) return reference;
  const model = join(folder, 'ghostnet.onnx');
  must(process.execPath, [cli, 'opt', 'ghostnet:1.0', '--pass', 'remove-dead-code', '--out', model]);
  return model;
}

function ours(model, elements) {
  must(process.execPath, [
    cli,
    'compile',
    model,
    '--target',
    'c',
    '--name',
    'net',
    '--weights',
    'bin',
    '--out',
    folder,
  ]);
  const call = `#include "net.h"
static unsigned char arena[NET_ARENA_SIZE] __attribute__((aligned(64)));
#define CALL(in, out) net_run(arena, in, out)
#define READY 1`;
  const sources = ['net.c', 'net_weights.S'];
  return [
    program('ghostc', call, { sources, elements }),
    program(plain, call, { sources, elements, options: ['-O2'] }),
  ];
}

/** Its weights are loaded from a file at start. */
function theirs(model) {
  const bin = pythonVenv(emx);
  must(join(bin, 'emx-onnx-cgen'), ['compile', model, 'emx.c']);
  const call = `_Bool model_load(const char *path);
void model(const float *in, float *out);
#define CALL(in, out) model(in, out)
#define READY model_load("model.bin")`;
  return program(emx, call, { sources: ['emx.c'], elements: float });
}

/** A driver that prints the median milliseconds of a few inferences, and the first output. */
function program(name, call, { sources, elements, options = flags }) {
  const { type, inputs, outputs, value, runs } = elements;
  const driver = `${call}
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
static ${type} in[${inputs}], out[${outputs}];
static double milliseconds(void) { struct timespec t; clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6; }
static int order(const void *a, const void *b) { double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y); }
int main(void) {
  double times[${runs}];
  if (!READY) return 1;
  for (int i = 0; i < ${inputs}; i++) in[i] = ${value};
  CALL(in, out);
  for (int i = 0; i < ${runs}; i++) { double start = milliseconds(); CALL(in, out); times[i] = milliseconds() - start; }
  qsort(times, ${runs}, sizeof *times, order);
  printf("%.9g %.9g\\n", times[${runs >> 1}], (double)out[0]);
  return 0;
}
`;
  writeFileSync(join(folder, `${name}-main.c`), driver);
  must('cc', [...options, '-w', ...sources, `${name}-main.c`, '-lm', '-o', name]);
  return { name, run: () => must(join(folder, name), []).trim().split(' ').map(Number) };
}

/** The current release is on PyPI: its package for Node lags. */
function onnxRuntime(model) {
  const bin = pythonVenv(ort, 'numpy');
  const driver = `import sys, time, numpy as np, onnxruntime as ort
options = ort.SessionOptions()
options.intra_op_num_threads = options.inter_op_num_threads = 1
session = ort.InferenceSession(sys.argv[1], options, providers=["CPUExecutionProvider"])
x = ((np.arange(3 * 224 * 224) * 7919 % 2001 - 1000) / np.float32(1000)).astype(np.float32).reshape(1, 3, 224, 224)
feeds = {session.get_inputs()[0].name: x}
def once():
    start = time.process_time()
    y = session.run(None, feeds)[0]
    return (time.process_time() - start) * 1e3, y.ravel()[0]
once()
runs = [once() for _ in range(5)]
print(sorted(time for time, _ in runs)[2], runs[0][1])
`;
  writeFileSync(join(folder, 'ort.py'), driver);
  const run = () => must(join(bin, 'python'), ['ort.py', model]).trim().split(' ').map(Number);
  return { name: ort, run };
}

function liteRt(model) {
  const bin = pythonVenv(litert, 'numpy');
  const driver = `import sys, time, numpy as np
from ai_edge_litert.interpreter import Interpreter
net = Interpreter(model_path=sys.argv[1], num_threads=1)
net.allocate_tensors()
given, made = net.get_input_details()[0], net.get_output_details()[0]
size = int(np.prod(given["shape"]))
x = (np.arange(size) * 7919 % 256 - 128).astype(np.int8).reshape(given["shape"])
net.set_tensor(given["index"], x)
def once():
    start = time.process_time()
    net.invoke()
    return (time.process_time() - start) * 1e3
once()
times = sorted(once() for _ in range(${int8.runs}))
print(times[len(times) // 2], net.get_tensor(made["index"]).ravel()[0])
`;
  writeFileSync(join(folder, 'litert.py'), driver);
  const run = () => must(join(bin, 'python'), ['litert.py', model]).trim().split(' ').map(Number);
  return { name: litert, run };
}

/** Milliseconds by runner, a round at a time; all must give the same first output. */
function inTurn(runners) {
  const times = runners.map(() => []);
  for (let round = 0; round < ROUNDS; round++) {
    const outputs = [];
    for (const [i, runner] of runners.entries()) {
      const [time, output] = runner.run();
      times[i].push(time);
      outputs.push(output);
    }
    const spread = Math.max(...outputs) - Math.min(...outputs);
    if (!(spread < (given?.endsWith('.tflite') ? 2 : 1e-3)))
      throw new Error(`the outputs differ: ${outputs.join(', ')}`);
  }
  return times;
}

function report(model, runners, times) {
  const [own] = times;
  const rows = runners.map(({ name }, i) => {
    const ratio = median(times[i].map((time, round) => time / own[round]));
    const { atLeast = null, atMost = null } = TARGETS[name] ?? {};
    return { name, milliseconds: round(median(times[i])), ratio: round(ratio), atLeast, atMost };
  });
  if (json) console.log(JSON.stringify({ model, machine: cpus()[0]?.model, flags, rows }, null, 2));
  else {
    console.log(
      `one core of ${cpus()[0]?.model}, processor time, cc ${flags.join(' ')}; ratio: time over ghostc's`,
    );
    console.table(Object.fromEntries(rows.map(({ name, ...rest }) => [name, rest])));
  }
  const met = ({ ratio, atLeast, atMost }) => ratio >= (atLeast ?? 0) && ratio <= (atMost ?? Infinity);
  process.exitCode = rows.every(met) ? 0 : 1;
}

function must(command, words) {
  const { status, error, stdout, stderr } = spawnSync(command, words, { cwd: folder, encoding: 'utf8' });
  if (status === 0) return stdout;
  throw new Error(`${command} ${words.join(' ')}: ${error?.message ?? stderr}`);
}

function median(values) {
  return [...values].sort((a, b) => a - b)[values.length >> 1];
}

function round(value) {
  return Math.round(value * 1000) / 1000;
}
