import { execFileSync } from 'node:child_process';

/**
 * The number of this run of the tests: another one with every commit. A test that could run its cases on several engines that are
 * nearly the same takes one of them by this number, and has it in its title: `GHOSTC_TURN=n npx vitest run FILE` repeats it.
 */
export function testTurn(): number {
  known ??= Number(process.env.GHOSTC_TURN ?? turnOfCommit());
  return known;
}

let known: number | undefined;

function turnOfCommit(): number {
  try {
    const words = execFileSync('git', ['rev-parse', '--short=6', 'HEAD'], {
      cwd: import.meta.dirname,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return Number.parseInt(words, 16) % 1000;
  } catch {
    return 0; // sources without a repository
  }
}

/** The one of `items` that `name` has in this run; `items.length` turns in a row have all of them. */
export function inTurn<Item>(name: string, items: readonly Item[]): Item {
  const start = [...name].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) >>> 0, 0);
  return items[(start + testTurn()) % items.length] as Item;
}
