import type { CaseReport } from './case.ts';
import { isPeer, type RuntimeName } from './runtime-names.ts';
import { isOnnxTest, reasonsOf, share, type Tally, tally } from './summary.ts';

export interface Result {
  readonly reports: readonly CaseReport[];
  readonly runtimes: readonly RuntimeName[];
  /** Peers that could not be had, with the reason. */
  readonly missing: ReadonlyMap<RuntimeName, string>;
}

interface Judged extends Result {
  readonly problems: readonly string[];
}

/** Least time between two lines of progress where there is no terminal, in ms. */
const PAUSE = 20_000;

const columns = ['cases', 'passed', 'refused', 'failed', 'absent', 'bound'] as const;

/** What the command prints: progress on stderr, the outcome on stdout. */
export class Printer {
  #last = performance.now();

  readonly progress = (text: string): void => {
    if (process.stderr.isTTY) {
      process.stderr.write(`\r\x1b[K${text.slice(0, 100)}`);
    } else if (performance.now() - this.#last > PAUSE) {
      this.#last = performance.now();
      process.stderr.write(`${text}\n`);
    }
  };

  json({ reports, runtimes, missing, problems }: Judged): void {
    this.#clear();
    const of = (cases: readonly CaseReport[]): Tally[] => runtimes.map((runtime) => tally(cases, runtime));
    const onnx = of(reports.filter(isOnnxTest));
    const own = of(reports.filter((one) => !isOnnxTest(one)));
    const summary = { onnx, own, missing: Object.fromEntries(missing), problems };
    console.log(JSON.stringify({ ...summary, cases: reports }, null, 1));
  }

  table(result: Judged & { readonly html: string; readonly reasons: boolean }): void {
    this.#clear();
    const { reports, runtimes, missing, problems } = result;
    printTallies('ONNX backend tests', reports.filter(isOnnxTest), runtimes);
    printTallies(
      'cases of packages/conformance',
      reports.filter((one) => !isOnnxTest(one)),
      runtimes,
    );
    for (const [name, reason] of missing) console.log(`${name} did not run: ${reason}`);
    if (result.reasons) for (const runtime of runtimes) printReasons(reports, runtime);
    console.log(`report: ${result.html}`);
    for (const problem of problems) console.log(`FAILED ${problem}`);
  }

  #clear(): void {
    if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
  }
}

function printTallies(title: string, reports: readonly CaseReport[], runtimes: readonly RuntimeName[]): void {
  if (reports.length === 0) return;
  console.log(
    `\n${title}\n${'runtime'.padEnd(12)}${columns.map((name) => name.padStart(8)).join('')}   share`,
  );
  for (const runtime of runtimes) {
    const one = tally(reports, runtime);
    const cells = columns.map((name) => String(one[name]).padStart(8)).join('');
    console.log(
      `${runtime.padEnd(12)}${cells}  ${share(one).padStart(7)}${isPeer(runtime) ? '  (not ours)' : ''}`,
    );
  }
}

function printReasons(reports: readonly CaseReport[], runtime: RuntimeName): void {
  console.log(`\n${runtime}`);
  for (const [reason, names] of reasonsOf(reports, runtime, ['refused', 'failed']))
    console.log(
      `${String(names.length).padStart(5)}  ${reason}  (${names.slice(0, 3).join(', ').replaceAll('node/test_', '')})`,
    );
}
