import { CompileError } from '@ghostc/ir';
import { installLines, type PackageNames } from './install-command.ts';

/** A tool, library or npm package, with the packages that provide it. */
export interface Tool {
  readonly name: string;
  readonly packages: PackageNames;
  /** The page to download it from, where no package manager has it. */
  readonly page?: string | undefined;
  found(): boolean;
}

/** Throws `tool/missing`, with the commands that install them, when one of the tools is not there. */
export function requireTools(tools: readonly Tool[], purpose: string): void {
  const missing = tools.filter((tool) => !tool.found());
  if (missing.length > 0) throw missingTools(missing, purpose);
}

export function missingTools(missing: readonly Omit<Tool, 'found'>[], purpose: string): CompileError {
  const names = missing.map(({ name }) => name).join(', ');
  return new CompileError('tool/missing', `${purpose} needs ${names}`, {}, installHints(missing));
}

/** The commands that install them. */
export function installHints(tools: readonly Omit<Tool, 'found'>[]): readonly string[] {
  return installLines(tools).map((line) => `install with: ${line}`);
}

/** The part of a test's context that skips it. */
interface Skippable {
  skip(reason?: string): unknown;
}

/**
 * For tests: skips with the reason when a tool is missing. With GHOSTC_REQUIRE_ALL in the environment nothing may be
 * missing, and this throws instead.
 */
export function skipWithout(tools: readonly Tool[], purpose: string, test: Skippable): void {
  try {
    requireTools(tools, purpose);
  } catch (error) {
    if (process.env.GHOSTC_REQUIRE_ALL || !(error instanceof CompileError)) throw error;
    test.skip(error.message);
  }
}
