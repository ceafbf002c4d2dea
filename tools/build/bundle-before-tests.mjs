import { buildCli } from './build-cli.mjs';

/** Bundles the command that some tests run, once and before all of them. */
export default async function bundleBeforeTests() {
  await buildCli();
}
