import { createHash } from 'node:crypto';
import { canonicalJson } from '@ghostc/ir';

/** Values that JSON has. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/** Work by the name of its kind: what comes of it depends on kind and parameters only. */
export interface Job {
  readonly kind: string;
  readonly params: Json;
}

/** What came of a job, or why nothing did. */
export type Outcome = { readonly result: Json } | { readonly failed: Failure };

/** Why a job was not done. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  /** It may be done at another time or on another machine. */
  readonly passing?: boolean;
}

/** SHA-256 of a job in hex: equal ids, equal results. */
export function jobId({ kind, params }: Job): string {
  return sha256(canonicalJson([kind, params]));
}

/** SHA-256 in hex. */
export function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
