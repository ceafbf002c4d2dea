struct Params {
  COUNT: i32,
  X_AT: i32,
  Y_AT: i32,
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
  ROWS: i32,
  COLUMNS: i32,
  REGION_ROWS: i32,
  REGION_GROUPS: i32,
  TILES_X: i32,
  TILES_Y: i32,
  CHANNEL_TILES: i32,
}

@group(0) @binding(0) var<storage, read_write> arena: array<vec4f>;
@group(0) @binding(1) var<storage, read> weights: array<vec4f>;
@group(0) @binding(2) var<uniform> params: Params;

fn matrix(i: i32) -> vec4f {
  return weights[i];
}

var<workgroup> primary: array<vec4f, 144>;

fn apply(x: vec4f) -> vec4f {
  return select(x, vec4f(0.0), x < vec4f(0.0));
}

@compute @workgroup_size(64)
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

  let first_column = (tile % params.TILES_X) * params.COLUMNS;
  var rest = tile / params.TILES_X;
  let first_row = (rest % params.TILES_Y) * params.ROWS;
  rest = rest / params.TILES_Y;
  let m = (rest % params.CHANNEL_TILES) * 4;
  let m4 = m / 4;
  let n = rest / params.CHANNEL_TILES;
  let image = n * (params.INIT + params.CHEAP) * params.P;
  let end_row = min(first_row + params.ROWS, params.H);
  let end_column = min(first_column + params.COLUMNS, params.W);
  let top = first_row - 1;
  let left = first_column - 4;

  let inner_top = max(top, 0);
  let inner_left = max(left, 0);
  let groups_in = (min(left + params.REGION_GROUPS * 4, params.W) - inner_left + 3) / 4;
  let items = (min(top + params.REGION_ROWS, params.H) - inner_top) * groups_in;
  for (var start = 0; start < items; start += 64) {
    let i = min(start + lane, items - 1);
    let row = inner_top + i / groups_in;
    let column = inner_left + (i % groups_in) * 4;
    let p = (row * params.W + column) / 4;
    var x = params.X_AT + n * params.K * params.P + p;
    let b0 = min(m4 + 0, params.BLOCKS - 1);
    let bias0 = weights[params.B_AT + b0];
    var w0 = params.W_AT + b0 * params.K;
    var s0 = vec4f(bias0.x);
    var s1 = vec4f(bias0.y);
    var s2 = vec4f(bias0.z);
    var s3 = vec4f(bias0.w);
    for (var k = 0; k < params.K / 4; k++) {
      {
        let v = arena[x];
        let c0 = matrix(w0);
        s0 += c0.x * v;
        s1 += c0.y * v;
        s2 += c0.z * v;
        s3 += c0.w * v;
      }
      {
        let v = arena[x + 1 * params.P];
        let c0 = matrix(w0 + 1);
        s0 += c0.x * v;
        s1 += c0.y * v;
        s2 += c0.z * v;
        s3 += c0.w * v;
      }
      {
        let v = arena[x + 2 * params.P];
        let c0 = matrix(w0 + 2);
        s0 += c0.x * v;
        s1 += c0.y * v;
        s2 += c0.z * v;
        s3 += c0.w * v;
      }
      {
        let v = arena[x + 3 * params.P];
        let c0 = matrix(w0 + 3);
        s0 += c0.x * v;
        s1 += c0.y * v;
        s2 += c0.z * v;
        s3 += c0.w * v;
      }
      x += 4 * params.P;
      w0 += 4;
    }

    if (start + lane < items) {
      let place = (row - top) * params.REGION_GROUPS + (column - left) / 4;
      let own = row >= first_row && row < end_row && column >= first_column && column < end_column;
      if (m + 0 < params.INIT) {
        let v0 = apply(s0);
        primary[0 + place] = v0;
        if (own) {
          arena[params.Y_AT + image + (m + 0) * params.P + p] = v0;
        }
      }
      if (m + 1 < params.INIT) {
        let v1 = apply(s1);
        primary[36 + place] = v1;
        if (own) {
          arena[params.Y_AT + image + (m + 1) * params.P + p] = v1;
        }
      }
      if (m + 2 < params.INIT) {
        let v2 = apply(s2);
        primary[72 + place] = v2;
        if (own) {
          arena[params.Y_AT + image + (m + 2) * params.P + p] = v2;
        }
      }
      if (m + 3 < params.INIT) {
        let v3 = apply(s3);
        primary[108 + place] = v3;
        if (own) {
          arena[params.Y_AT + image + (m + 3) * params.P + p] = v3;
        }
      }
    }
  }
  workgroupBarrier();
  let groups_out = (end_column - first_column + 3) / 4;
  let outputs = (end_row - first_row) * groups_out;
  for (var item = lane; item < min(4 * params.MULTIPLIER, params.CHEAP - m * params.MULTIPLIER) * outputs; item += 64) {
    let c = item / outputs;
    let r = (item / groups_out) % (end_row - first_row);
    let g = item % groups_out;
    let cheap = m * params.MULTIPLIER + c;
    var at = (c / params.MULTIPLIER) * 36 + r * params.REGION_GROUPS + g;
    var sum = vec4f(weights[params.CB_AT + cheap / 4][cheap % 4]);
    for (var u = 0; u < 3; u++) {
      let v0 = primary[at + 0];
      let v1 = primary[at + 1];
      let v2 = primary[at + 2];
      let f0 = weights[params.CW_AT + (cheap * 3 + u) * 1 + 0];
      sum += f0.x * vec4f(v0.w, v1.x, v1.y, v1.z);
      sum += f0.y * vec4f(v1.x, v1.y, v1.z, v1.w);
      sum += f0.z * vec4f(v1.y, v1.z, v1.w, v2.x);
      at += params.REGION_GROUPS;
    }
    sum = apply(sum);
    let row = first_row + r;
    let column = first_column + g * 4;
    arena[params.Y_AT + image + (params.INIT + cheap) * params.P + (row * params.W + column) / 4] = sum;
  }
}
