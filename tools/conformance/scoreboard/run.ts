import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { allSuites, suiteVersion } from '@ghostc/conformance';
import type { ConformReport } from '../../../apps/cli/src/conform/conform-report.ts';
import { readExpectedFailures } from '../../../apps/cli/src/conform/read-lists.ts';
import { type ScoredEngine, scoredEngines } from './engines.ts';
import { type Score, scoreboard } from './scoreboard.ts';

const help = `npm run scoreboard -- FOLDER [FILE]

Writes docs/scoreboard.md, or FILE, from reports that ghostc conform --json wrote into FOLDER as ENGINE.json or, for shards,
ENGINE.1.json, ENGINE.2.json, ... The engines are those of tools/conformance/scoreboard/engines.ts.`;

const [folder, file = 'docs/scoreboard.md'] = process.argv.slice(3);
const names = new Set(allSuites.flatMap((suite) => suite.cases.map(({ name }) => name)));

function scoreOf(engine: ScoredEngine): Score {
  const files = readdirSync(folder as string).filter((one) =>
    new RegExp(`^${engine.name}(\\.\\d+)?\\.json$`).test(one),
  );
  const cases = files.flatMap((one) => {
    const report: ConformReport = JSON.parse(readFileSync(join(folder as string, one), 'utf8'));
    return report.cases;
  });
  return { engine, cases, known: knownOf(engine) };
}

function knownOf({ name }: ScoredEngine): ReadonlyMap<string, string> {
  const lists = 'test-fixtures/engines/known';
  const list = readdirSync(lists).find((one) => basename(one, '.txt') === name);
  return list ? readExpectedFailures(join(lists, list), names) : new Map();
}

if (folder === undefined) console.log(help);
else {
  const date = new Date().toISOString().slice(0, 10);
  const page = scoreboard(scoredEngines.map(scoreOf), { suite: suiteVersion, cases: names.size, date });
  writeFileSync(file, page);
  console.log(`wrote ${file}`);
}
