import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkWgsl, engine, engineTools, stopEngines } from '@ghostc/runtimes';
import { pictureShader } from '@ghostc/wgsl-runtime';

/**
 * `node tools/build/run-ts.mjs tools/verify/check-shaders.ts FOLDER`: Tint (Dawn, no driver) and naga (Deno) validate every WGSL source of
 * a folder, and those that the runtime has for pictures and video frames. `npm test` runs it on what all tests emitted. Exit code 1
 * when one is rejected, or, with GHOSTC_REQUIRE_ALL, when a front end is missing.
 */
const [folder = ''] = process.argv.slice(3);
const BATCH = 100;

/** What naga does not support yet, and how a source shows that it needs it. */
const unknownToNaga: readonly (readonly [string, RegExp])[] = [
  ['subgroups', /^enable subgroups;/m],
  ['texture_external', /texture_external/],
];

const sources = new Map(
  (existsSync(folder) ? readdirSync(folder) : []).map((name) => [
    name,
    readFileSync(join(folder, name), 'utf8'),
  ]),
);
for (const kind of ['moving', 'still'] as const) sources.set(`picture, ${kind}`, pictureShader(kind));
const problems = [...(await tintProblems()), ...(await nagaProblems())];
for (const problem of problems) console.error(problem);
if (problems.length) process.exitCode = 1;
await stopEngines();

async function tintProblems(): Promise<string[]> {
  const found = await checkWgsl([...sources.values()]);
  const rejected = [...sources.keys()].flatMap((name, i) =>
    found[i]?.length ? [`Tint, ${name}: ${found[i]}`] : [],
  );
  console.log(`Tint: ${sources.size - rejected.length} of ${sources.size} shaders accepted`);
  return rejected;
}

async function nagaProblems(): Promise<string[]> {
  const missing = engineTools.deno.filter((tool) => !tool.found()).map(({ name }) => name);
  if (missing.length) {
    console.log(`naga: not run, ${missing.join(', ')} missing`);
    return process.env.GHOSTC_REQUIRE_ALL ? ['naga is missing'] : [];
  }
  const left = unknownToNaga.map(([what, pattern]) => {
    const names = [...sources].filter(([, source]) => pattern.test(source)).map(([name]) => name);
    return { what, names };
  });
  const skipped = new Set(left.flatMap(({ names }) => names));
  const given = [...sources].filter(([name]) => !skipped.has(name));
  const rejected: string[] = [];
  for (let at = 0; at < given.length; at += BATCH) {
    const batch = given.slice(at, at + BATCH);
    const found = await (await engine('deno')).check(batch.map(([, source]) => source));
    batch.forEach(([name], i) => found[i] && rejected.push(`naga, ${name}: ${found[i]}`));
  }
  const unknown = left.map(({ what, names }) => `${names.length} with ${what}`).join(', ');
  console.log(
    `naga: ${given.length - rejected.length} of ${given.length} shaders accepted; not checked, because naga lacks it: ${unknown}`,
  );
  return rejected;
}
