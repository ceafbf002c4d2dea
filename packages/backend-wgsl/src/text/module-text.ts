import type { Step } from '../kernel.ts';

/** Invocations of one workgroup: a multiple of every known subgroup size, a quarter of WebGPU's default limit. */
export const groupSize = 64;

/** How a module is written. */
export interface TextOptions {
  /** Type of the matrices in memory; `weights`: they are among the weights. */
  readonly matrices: 'weights' | 'vec4f' | 'vec4h';
  /** The body with subgroup operations, or with dot4I8Packed, instead of the plain one. */
  readonly body: 'plain' | 'subgroups' | 'dot';
}

/**
 * The WGSL module of a step. Entry point `main`; bindings: 0 arena, 1 weights, 2 the parameters, a uniform
 * struct: COUNT, the step's `ints` as i32, its `floats` as f32, in this order; 3 the matrices, if they are
 * separate. Bodies use parameters by name; the module writes `params.NAME`. Workgroups are numbered along x,
 * then y. Lines are not indented.
 */
export function moduleText(step: Step, { matrices, body }: TextOptions): string {
  const { arena, weights, ints, floats = {} } = step;
  const functions = (body === 'dot' && step.dotFunctions) || step.functions || [];
  const fields = [
    ...['COUNT', ...Object.keys(ints)].map((name) => `${name}: i32,`),
    ...Object.keys(floats).map((name) => `${name}: f32,`),
  ];
  const enabled = [
    ...(step.matrix && matrices === 'vec4h' ? ['enable f16;'] : []),
    ...(body === 'subgroups' ? ['enable subgroups;'] : []),
    ...(body === 'dot' ? ['requires packed_4x8_integer_dot_product;'] : []),
  ];
  const code = [...(step.matrix ? [matrixText(matrices)] : []), ...functions, mainText(step, body)];
  return `${enabled.join('\n')}
struct Params {
${fields.join('\n')}
}

@group(0) @binding(0) var<storage, read_write> arena: array<${arena}>;
@group(0) @binding(1) var<storage, read> weights: array<${weights}>;
@group(0) @binding(2) var<uniform> params: Params;
${step.matrix && matrices !== 'weights' ? `@group(0) @binding(3) var<storage, read> matrices: array<${matrices}>;` : ''}

${code
  .map((text) => text.trim())
  .join('\n\n')
  .replace(parameterNames(step), 'params.$1')
  .replace(/\bLANES\b/g, `${step.group ?? groupSize}`)}
`;
}

function parameterNames({ ints, floats = {} }: Step): RegExp {
  return new RegExp(`\\b(${['COUNT', ...Object.keys(ints), ...Object.keys(floats)].join('|')})\\b`, 'g');
}

function matrixText(matrices: TextOptions['matrices']): string {
  const source = matrices === 'weights' ? 'weights[i]' : 'matrices[i]';
  return `fn matrix(i: i32) -> vec4f {\nreturn ${matrices === 'vec4h' ? `vec4f(${source})` : source};\n}`;
}

function mainText(step: Step, kind: TextOptions['body']): string {
  const { group } = step;
  const subgroups = kind === 'subgroups';
  const bodies = { plain: step.body, subgroups: step.subgroupBody, dot: step.dotBody };
  return `@compute @workgroup_size(${group ?? groupSize})
fn main(
@builtin(workgroup_id) group: vec3u,
@builtin(num_workgroups) groups: vec3u,
@builtin(local_invocation_index) local: u32,
${subgroups ? '@builtin(subgroup_invocation_id) subgroup_lane: u32,' : ''}
) {
${group ? tileText : itemText}
${subgroups ? 'let quad = i32(subgroup_lane % 4u);' : ''}
${(bodies[kind] ?? step.body).trim()}
}`;
}

const tileText = `let lane = i32(local);
let tile = i32(group.y * groups.x + group.x);
if (tile >= COUNT) {
return;
}`;

const itemText = `let item = i32((group.y * groups.x + group.x) * ${groupSize}u + local);
if (item >= COUNT) {
return;
}`;

/** Workgroups for a step's items, or tiles, within the default limit of 65535 along each axis. */
export function workgroupsFor({
  count,
  group,
}: Pick<Step, 'count' | 'group'>): readonly [number, number, number] {
  const groups = group ? count : Math.ceil(count / groupSize);
  const rows = Math.ceil(groups / 65535);
  return [Math.ceil(groups / rows), rows, 1];
}
