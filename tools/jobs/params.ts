import { CompileError } from '@ghostc/ir';
import { type Check, checkedFields, isHash, isWhole, type JobKind, type Json } from '@ghostc/jobs';

/** A job whose parameters include the hash of the code, so that it is part of its id. */
export function codedJob(run: JobKind): JobKind {
  const anything: Check = { ok: () => true, expected: 'parameters' };
  return (params, store) =>
    run(checkedParams<Coded>(params, { code: isHash, params: anything }).params, store);
}

interface Coded {
  readonly code: string;
  readonly params: Json;
}

/** Parameters that may come from another machine. Throws `jobs/params`. */
export function checkedParams<T extends object>(
  params: Json,
  checks: Readonly<Record<keyof T & string, Check>>,
): T {
  const problem = (detail: string): CompileError => new CompileError('jobs/params', detail);
  return checkedFields<T>(params, checks, { where: 'job', problem });
}

/** A list of different ones of `all`. */
export function someOf(all: readonly string[]): Check {
  return {
    ok: (v) => Array.isArray(v) && v.length > 0 && v.every((one) => all.includes(one)),
    expected: `some of ${all.join(', ')}`,
  };
}

export const isShare: Check = {
  ok: (v) => {
    if (typeof v !== 'object' || v === null) return false;
    const { index, count } = { index: Reflect.get(v, 'index'), count: Reflect.get(v, 'count') };
    return isWhole.ok(index) && isWhole.ok(count) && index < count;
  },
  expected: 'a share',
};
