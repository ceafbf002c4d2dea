import type { Step } from '../kernel.ts';
import { indented } from './indented.ts';

/** Invocations of one workgroup: a multiple of every known subgroup size, a quarter of WebGPU's default limit. */
export const groupSize = 64;

/**
 * The WGSL module of a step. Entry point `main`; bindings: 0 arena, 1 weights; every size and offset is an `override`.
 * Workgroups count along x, then y; each invocation does item `COUNT > item`.
 */
export function moduleText({ arena, weights, ints, floats = {}, functions = [], body }: Step): string {
  return indented(`
@group(0) @binding(0) var<storage, read_write> arena: array<${arena}>;
@group(0) @binding(1) var<storage, read> weights: array<${weights}>;

override COUNT: i32;
${Object.keys(ints)
  .map((name) => `override ${name}: i32;\n`)
  .join('')}${Object.keys(floats)
  .map((name) => `override ${name}: f32;\n`)
  .join('')}
${functions.map((text) => `${text.trim()}\n\n`).join('')}@compute @workgroup_size(${groupSize})
fn main(
@builtin(workgroup_id) group: vec3u,
@builtin(num_workgroups) groups: vec3u,
@builtin(local_invocation_index) lane: u32,
) {
let item = i32((group.y * groups.x + group.x) * ${groupSize}u + lane);
if (item >= COUNT) {
return;
}
${body.trim()}
}
`);
}

/** Workgroups for `count` items within the default limit of 65535 along each axis. */
export function workgroupsFor(count: number): readonly [number, number, number] {
  const groups = Math.ceil(count / groupSize);
  const rows = Math.ceil(groups / 65535);
  return [Math.ceil(groups / rows), rows, 1];
}
