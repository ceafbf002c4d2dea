import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { runProcess } from '../process/run-process.ts';
import { makeTempFolder } from '../process/temp-folder.ts';
import type { CLibrary } from './build-c.ts';
import { type CDevice, cDevice } from './c-device.ts';

/** Where the user has CMSIS-NN, if anywhere: the tests and the benchmark link it then. */
export function cmsisNnRoot(): string | undefined {
  const root = process.env.GHOSTC_CMSIS_NN;
  return root ? resolve(root) : undefined;
}

const folders = ['BasicMathFunctions', 'ConvolutionFunctions', 'NNSupportFunctions', 'TransposeFunctions'];
const SECONDS = 300;

const built = new Map<string, Promise<CLibrary>>();

/**
 * The int8 kernels of the CMSIS-NN in folder `root`, built with -O3 for a device; once a process for the same flags, which are
 * for the compiler, such as `-DCMSIS_NN_USE_SINGLE_ROUNDING`. Throws `tool/failed`.
 */
export function buildCmsisNn(
  root: string,
  deviceName: string,
  flags: readonly string[] = [],
): Promise<CLibrary> {
  const key = JSON.stringify([root, deviceName, flags]);
  const library = built.get(key) ?? build(root, cDevice(deviceName), flags);
  built.set(key, library);
  return library;
}

async function build(root: string, device: CDevice, flags: readonly string[]): Promise<CLibrary> {
  const { path: cwd } = await makeTempFolder();
  const include = join(root, 'Include');
  const sources = (
    await Promise.all(folders.map((folder) => int8Sources(join(root, 'Source', folder))))
  ).flat();
  const run = (command: string, args: readonly string[]): Promise<string> =>
    runProcess(command, args, { cwd, timeout: SECONDS });
  const sections = ['-ffunction-sections', '-fdata-sections'];
  await run(device.compiler, [
    '-O3',
    ...sections,
    ...device.flags,
    ...flags,
    `-I${include}`,
    '-c',
    ...sources,
  ]);
  const objects = (await readdir(cwd)).filter((name) => name.endsWith('.o'));
  await run(device.compiler.replace(/g?cc$/, 'ar'), ['rcs', 'cmsis-nn.a', ...objects]);
  return { include, archive: join(cwd, 'cmsis-nn.a') };
}

async function int8Sources(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => /_(s8|q7)[_.].*c$/.test(name)).map((name) => join(folder, name));
}
