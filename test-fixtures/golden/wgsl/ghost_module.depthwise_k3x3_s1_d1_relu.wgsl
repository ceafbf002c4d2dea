struct Params {
  COUNT: i32,
  X_AT: i32,
  Y_AT: i32,
  W_AT: i32,
  B_AT: i32,
  M: i32,
  OH: i32,
  OW: i32,
  C: i32,
  H: i32,
  W: i32,
  KH: i32,
  SY: i32,
  DY: i32,
  PT: i32,
  PL: i32,
  MULTIPLIER: i32,
  OW4: i32,
}

@group(0) @binding(0) var<storage, read_write> arena: array<f32>;
@group(0) @binding(1) var<storage, read> weights: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

fn apply(x: vec4f) -> vec4f {
  return select(x, vec4f(0.0), x < vec4f(0.0));
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,

) {
  let item = i32((group.y * groups.x + group.x) * 64u + local);
  if (item >= params.COUNT) {
    return;
  }

  let j = (item % params.OW4) * 4;
  var rest = item / params.OW4;
  let i = rest % params.OH;
  rest = rest / params.OH;
  let m = rest % params.M;
  let n = rest / params.M;
  let plane = params.X_AT + (n * params.C + m / params.MULTIPLIER) * params.H * params.W;
  let z = j * 1 - params.PL;
  let x0 = clamp(z + 0, 0, params.W - 1);
  let i0 = x0 == z + 0;
  let x1 = clamp(z + 1, 0, params.W - 1);
  let i1 = x1 == z + 1;
  let x2 = clamp(z + 2, 0, params.W - 1);
  let i2 = x2 == z + 2;
  let x3 = clamp(z + 3, 0, params.W - 1);
  let i3 = x3 == z + 3;
  let x4 = clamp(z + 4, 0, params.W - 1);
  let i4 = x4 == z + 4;
  let x5 = clamp(z + 5, 0, params.W - 1);
  let i5 = x5 == z + 5;
  let w = params.W_AT + m * params.KH * 3;
  var sum = vec4f(weights[params.B_AT + m]);
  {
    let line = i * params.SY + 0 * params.DY - params.PT;
    let inside = clamp(line, 0, params.H - 1);
    let row = plane + inside * params.W;
    let is_inside = line == inside;
    let c0 = select(0.0, arena[row + x0], i0 && is_inside);
    let c1 = select(0.0, arena[row + x1], i1 && is_inside);
    let c2 = select(0.0, arena[row + x2], i2 && is_inside);
    let c3 = select(0.0, arena[row + x3], i3 && is_inside);
    let c4 = select(0.0, arena[row + x4], i4 && is_inside);
    let c5 = select(0.0, arena[row + x5], i5 && is_inside);
    sum += weights[w + 0] * vec4f(c0, c1, c2, c3);
    sum += weights[w + 1] * vec4f(c1, c2, c3, c4);
    sum += weights[w + 2] * vec4f(c2, c3, c4, c5);
  }
  {
    let line = i * params.SY + 1 * params.DY - params.PT;
    let inside = clamp(line, 0, params.H - 1);
    let row = plane + inside * params.W;
    let is_inside = line == inside;
    let c0 = select(0.0, arena[row + x0], i0 && is_inside);
    let c1 = select(0.0, arena[row + x1], i1 && is_inside);
    let c2 = select(0.0, arena[row + x2], i2 && is_inside);
    let c3 = select(0.0, arena[row + x3], i3 && is_inside);
    let c4 = select(0.0, arena[row + x4], i4 && is_inside);
    let c5 = select(0.0, arena[row + x5], i5 && is_inside);
    sum += weights[w + 3] * vec4f(c0, c1, c2, c3);
    sum += weights[w + 4] * vec4f(c1, c2, c3, c4);
    sum += weights[w + 5] * vec4f(c2, c3, c4, c5);
  }
  {
    let line = i * params.SY + 2 * params.DY - params.PT;
    let inside = clamp(line, 0, params.H - 1);
    let row = plane + inside * params.W;
    let is_inside = line == inside;
    let c0 = select(0.0, arena[row + x0], i0 && is_inside);
    let c1 = select(0.0, arena[row + x1], i1 && is_inside);
    let c2 = select(0.0, arena[row + x2], i2 && is_inside);
    let c3 = select(0.0, arena[row + x3], i3 && is_inside);
    let c4 = select(0.0, arena[row + x4], i4 && is_inside);
    let c5 = select(0.0, arena[row + x5], i5 && is_inside);
    sum += weights[w + 6] * vec4f(c0, c1, c2, c3);
    sum += weights[w + 7] * vec4f(c1, c2, c3, c4);
    sum += weights[w + 8] * vec4f(c2, c3, c4, c5);
  }
  let o = ((n * params.M + m) * params.OH + i) * params.OW + j;
  let t = apply(sum);
  arena[params.Y_AT + o] = t.x;
  if (j + 1 < params.OW) {
    arena[params.Y_AT + o + 1] = t.y;
  }
  if (j + 2 < params.OW) {
    arena[params.Y_AT + o + 2] = t.z;
  }
  if (j + 3 < params.OW) {
    arena[params.Y_AT + o + 3] = t.w;
  }
}
