struct Params {
  COUNT: i32,
  X_AT: i32,
  Y_AT: i32,
  W_AT: i32,
  B_AT: i32,
  K: i32,
  M: i32,
  P: i32,
  BLOCKS: i32,
  TILES: i32,
  CHANNEL_TILES: i32,
}

@group(0) @binding(0) var<storage, read_write> arena: array<vec4f>;
@group(0) @binding(1) var<storage, read> weights: array<vec4f>;
@group(0) @binding(2) var<uniform> params: Params;

fn matrix(i: i32) -> vec4f {
  return weights[i];
}

fn apply(x: vec4f) -> vec4f {
  return select(x, vec4f(0.0), x < vec4f(0.0));
}

@compute @workgroup_size(16)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,

) {
  let lane = i32(local);
  let tile = i32(group.y * groups.x + group.x);
  if (tile >= params.COUNT) {
    return;
  }

  let first = (tile % params.TILES) * 16 + lane;
  let p = min(first, params.P - 1);
  let m4 = ((tile / params.TILES) % params.CHANNEL_TILES) * 2;
  let n = tile / (params.TILES * params.CHANNEL_TILES);
  var x = params.X_AT + n * params.K * params.P + p;
  let b0 = min(m4 + 0, params.BLOCKS - 1);
  let bias0 = weights[params.B_AT + b0];
  var w0 = params.W_AT + b0 * params.K;
  let b1 = min(m4 + 1, params.BLOCKS - 1);
  let bias1 = weights[params.B_AT + b1];
  var w1 = params.W_AT + b1 * params.K;
  var s0 = vec4f(bias0.x);
  var s1 = vec4f(bias0.y);
  var s2 = vec4f(bias0.z);
  var s3 = vec4f(bias0.w);
  var s4 = vec4f(bias1.x);
  var s5 = vec4f(bias1.y);
  var s6 = vec4f(bias1.z);
  var s7 = vec4f(bias1.w);
  for (var k = 0; k < params.K / 4; k++) {
    {
      let v = arena[x];
      let c0 = matrix(w0);
      s0 += c0.x * v;
      s1 += c0.y * v;
      s2 += c0.z * v;
      s3 += c0.w * v;
      let c1 = matrix(w1);
      s4 += c1.x * v;
      s5 += c1.y * v;
      s6 += c1.z * v;
      s7 += c1.w * v;
    }
    {
      let v = arena[x + 1 * params.P];
      let c0 = matrix(w0 + 1);
      s0 += c0.x * v;
      s1 += c0.y * v;
      s2 += c0.z * v;
      s3 += c0.w * v;
      let c1 = matrix(w1 + 1);
      s4 += c1.x * v;
      s5 += c1.y * v;
      s6 += c1.z * v;
      s7 += c1.w * v;
    }
    {
      let v = arena[x + 2 * params.P];
      let c0 = matrix(w0 + 2);
      s0 += c0.x * v;
      s1 += c0.y * v;
      s2 += c0.z * v;
      s3 += c0.w * v;
      let c1 = matrix(w1 + 2);
      s4 += c1.x * v;
      s5 += c1.y * v;
      s6 += c1.z * v;
      s7 += c1.w * v;
    }
    {
      let v = arena[x + 3 * params.P];
      let c0 = matrix(w0 + 3);
      s0 += c0.x * v;
      s1 += c0.y * v;
      s2 += c0.z * v;
      s3 += c0.w * v;
      let c1 = matrix(w1 + 3);
      s4 += c1.x * v;
      s5 += c1.y * v;
      s6 += c1.z * v;
      s7 += c1.w * v;
    }
    x += 4 * params.P;
    w0 += 4;
    w1 += 4;
  }

  if (first >= params.P) {
    return;
  }
  let m = m4 * 4;
  let y = (n * params.M + m) * params.P + p;
  if (m + 0 < params.M) {
    arena[params.Y_AT + y + 0 * params.P] = apply(s0);
  }
  if (m + 1 < params.M) {
    arena[params.Y_AT + y + 1 * params.P] = apply(s1);
  }
  if (m + 2 < params.M) {
    arena[params.Y_AT + y + 2 * params.P] = apply(s2);
  }
  if (m + 3 < params.M) {
    arena[params.Y_AT + y + 3 * params.P] = apply(s3);
  }
  if (m + 4 < params.M) {
    arena[params.Y_AT + y + 4 * params.P] = apply(s4);
  }
  if (m + 5 < params.M) {
    arena[params.Y_AT + y + 5 * params.P] = apply(s5);
  }
  if (m + 6 < params.M) {
    arena[params.Y_AT + y + 6 * params.P] = apply(s6);
  }
  if (m + 7 < params.M) {
    arena[params.Y_AT + y + 7 * params.P] = apply(s7);
  }
}
