import { Worker } from 'node:worker_threads';

/** One execution may take so much of the processor, so long in all (other programs run too), and the process hold so much. */
const LIMITS = { seconds: 5, wallSeconds: 60, bytes: 2 ** 30 };
const MAX_INPUT = 1 << 21;

/**
 * Fuzzes one target in a thread of its own, until `seconds` or `runs` are used up, or an input crashes, hangs or eats memory.
 * Resolves to { target, runs, corpus, coverage, statements, peakBytes, failure?: { reason, input } }.
 */
export function runTarget(target, { script, onProgress, ...rest }) {
  const state = new SharedArrayBuffer(8 + MAX_INPUT);
  const worker = new Worker(script, {
    workerData: { ...rest, target, state },
    resourceLimits: { maxOldGenerationSizeMb: 900 },
  });
  let report = { target, runs: 0, corpus: 0, coverage: 0, statements: 0, peakBytes: 0 };
  return new Promise((resolve) => {
    let ended = false;
    const finish = (reason) => {
      if (ended) return;
      ended = true;
      clearInterval(watch.timer);
      const failure = reason === undefined ? {} : { failure: { reason, input: inputOf(state) } };
      report = { ...report, runs: new Uint32Array(state, 0, 2)[0], peakBytes: watch.peak(), ...failure };
      void worker.terminate().then(() => resolve(report));
    };
    const watch = watchdog(state, finish);
    worker.on('message', (message) => {
      report = { ...report, ...message, peakBytes: watch.peak() };
      onProgress?.(report);
    });
    worker.on('error', (error) => finish(error.stack ?? String(error)));
    worker.on('exit', () => finish());
  });
}

function inputOf(state) {
  return Uint8Array.from(new Uint8Array(state, 8, new Uint32Array(state, 0, 2)[1]));
}

/** Looks four times a second whether a new execution has begun, what it took, and how much memory the process holds. */
function watchdog(state, fail) {
  const progress = new Uint32Array(state, 0, 2);
  let [runs, since, used, peak] = [0, performance.now(), cpuSeconds(), 0];
  const timer = setInterval(() => {
    const now = performance.now();
    if (progress[0] !== runs) [runs, since, used] = [progress[0], now, cpuSeconds()];
    const bytes = process.memoryUsage.rss();
    peak = Math.max(peak, bytes);
    const hangs = cpuSeconds() - used > LIMITS.seconds || now - since > LIMITS.wallSeconds * 1000;
    if (runs > 0 && hangs) fail(`one execution took more than ${LIMITS.seconds} s`);
    else if (bytes > LIMITS.bytes) fail(`the process holds ${bytes} bytes, more than ${LIMITS.bytes}`);
  }, 250);
  return { timer, peak: () => peak };
}

function cpuSeconds() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
