struct Params {
  COUNT: i32,
  X_AT: i32,
  G_AT: i32,
  Y_AT: i32,
  T_AT: i32,
  T_IMAGE: i32,
  W_AT: i32,
  B_AT: i32,
  CW_AT: i32,
  CB_AT: i32,
  K: i32,
  INIT: i32,
  CHEAP: i32,
  H: i32,
  W: i32,
  MULTIPLIER: i32,
  BLOCKS: i32,
  P: i32,
  W4: i32,
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

  let m = (tile % params.CHANNEL_TILES) * 8;
  let m4 = m / 4;
  let n = tile / params.CHANNEL_TILES;
  let plane = params.H * params.W;
  let primary = params.T_AT + n * params.T_IMAGE + m * plane;
  let image = n * (params.INIT + params.CHEAP) * plane;
  let gate_at = params.G_AT + n * params.K;
  let items = (plane + 3) / 4;
  for (var start = 0; start < items; start += 16) {
    let i = min(start + lane, items - 1);
    let p = i;
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
      let g = arena[gate_at / 4 + k];
      {
        let v = arena[x] * g.x;
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
        let v = arena[x + 1 * params.P] * g.y;
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
        let v = arena[x + 2 * params.P] * g.z;
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
        let v = arena[x + 3 * params.P] * g.w;
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

    if (start + lane < items) {
      if (m + 0 < params.INIT) {
        arena[(primary + 0 * plane) / 4 + p] = apply(s0);
      }
      if (m + 1 < params.INIT) {
        arena[(primary + 1 * plane) / 4 + p] = apply(s1);
      }
      if (m + 2 < params.INIT) {
        arena[(primary + 2 * plane) / 4 + p] = apply(s2);
      }
      if (m + 3 < params.INIT) {
        arena[(primary + 3 * plane) / 4 + p] = apply(s3);
      }
      if (m + 4 < params.INIT) {
        arena[(primary + 4 * plane) / 4 + p] = apply(s4);
      }
      if (m + 5 < params.INIT) {
        arena[(primary + 5 * plane) / 4 + p] = apply(s5);
      }
      if (m + 6 < params.INIT) {
        arena[(primary + 6 * plane) / 4 + p] = apply(s6);
      }
      if (m + 7 < params.INIT) {
        arena[(primary + 7 * plane) / 4 + p] = apply(s7);
      }
    }
  }
  storageBarrier();

  for (var item = lane; item < min(8 * params.MULTIPLIER, params.CHEAP - m * params.MULTIPLIER) * params.H * params.W4; item += 16) {
    let j = (item % params.W4) * 4;
    let r = (item / params.W4) % params.H;
    let c = item / (params.W4 * params.H);
    let cheap = m * params.MULTIPLIER + c;
    let x0 = clamp(j + -1, 0, params.W - 1);
    let i0 = x0 == j + -1;
    let x1 = clamp(j + 0, 0, params.W - 1);
    let i1 = x1 == j + 0;
    let x2 = clamp(j + 1, 0, params.W - 1);
    let i2 = x2 == j + 1;
    let x3 = clamp(j + 2, 0, params.W - 1);
    let i3 = x3 == j + 2;
    let x4 = clamp(j + 3, 0, params.W - 1);
    let i4 = x4 == j + 3;
    let x5 = clamp(j + 4, 0, params.W - 1);
    let i5 = x5 == j + 4;
    var sum = vec4f(weights[params.CB_AT + cheap / 4][cheap % 4]);
    for (var u = max(0, 1 - r); u < min(3, params.H + 1 - r); u++) {
      let row = primary + (c / params.MULTIPLIER) * plane + (r + u - 1) * params.W;
      let v0 = select(0.0, arena[(row + x0) / 4][(row + x0) % 4], i0);
      let v1 = select(0.0, arena[(row + x1) / 4][(row + x1) % 4], i1);
      let v2 = select(0.0, arena[(row + x2) / 4][(row + x2) % 4], i2);
      let v3 = select(0.0, arena[(row + x3) / 4][(row + x3) % 4], i3);
      let v4 = select(0.0, arena[(row + x4) / 4][(row + x4) % 4], i4);
      let v5 = select(0.0, arena[(row + x5) / 4][(row + x5) % 4], i5);
      let f0 = weights[params.CW_AT + (cheap * 3 + u) * 1 + 0];
      sum += f0.x * vec4f(v0, v1, v2, v3);
      sum += f0.y * vec4f(v1, v2, v3, v4);
      sum += f0.z * vec4f(v2, v3, v4, v5);
    }
    sum = apply(sum);
    let o = image + (params.INIT + cheap) * plane + r * params.W + j;
    for (var k = 0; k < min(4, params.W - j); k++) {
      arena[(params.Y_AT + o + k) / 4][(params.Y_AT + o + k) % 4] = sum[k];
    }
  }
}
