import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { allSuites, suiteVersion } from '@ghostc/conformance';
import { knownFaults } from './known-faults.ts';
import { type Score, type ScoredCase, scoreboard } from './scoreboard.ts';
import { type ScoredEngine, scoredEngines } from './scored-engines.ts';

const help = `npm run scoreboard -- FOLDER [FILE]

Writes docs/scoreboard.md, or FILE, from reports that ghostc conform --json wrote into FOLDER as ENGINE.json or, for shards,
ENGINE.1.json, ENGINE.2.json, ... The engines are those of tools/conformance/scored-engines.ts.`;

const [folder, file = 'docs/scoreboard.md'] = process.argv.slice(3);

function scoreOf(engine: ScoredEngine, reports: string): Score {
  const isReport = new RegExp(`^${engine.name}(\\.\\d+)?\\.json$`);
  const files = readdirSync(reports).filter((one) => isReport.test(one));
  const cases = files.flatMap(
    (one): ScoredCase[] => JSON.parse(readFileSync(join(reports, one), 'utf8')).cases,
  );
  return { engine, cases, known: knownFaults(engine.name) };
}

if (folder === undefined || folder === '--help') console.log(help);
else {
  const date = new Date().toISOString().slice(0, 10);
  const cases = allSuites.reduce((sum, suite) => sum + suite.cases.length, 0);
  const scores = scoredEngines.map((engine) => scoreOf(engine, folder));
  writeFileSync(file, scoreboard(scores, { suite: suiteVersion, cases, date }));
  console.log(`wrote ${file}`);
}
