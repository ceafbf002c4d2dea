@group(0) @binding(0) var<storage, read_write> arena: array<vec4f>;
@group(0) @binding(1) var<storage, read> weights: array<vec4f>;

override COUNT: i32;
override X_AT: i32;
override Y_AT: i32;
override W_AT: i32;
override B_AT: i32;
override K: i32;
override M: i32;
override P: i32;
override M4: i32;

fn apply(x: vec4f) -> vec4f {
  return select(x, vec4f(0.0), x < vec4f(0.0));
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let item = i32((group.y * groups.x + group.x) * 64u + lane);
  if (item >= COUNT) {
    return;
  }
  let m4 = (item / P) % M4;
  let n = item / (P * M4);
  let p = item % P;
  let bias = weights[B_AT + m4];
  var s0 = vec4f(bias.x);
  var s1 = vec4f(bias.y);
  var s2 = vec4f(bias.z);
  var s3 = vec4f(bias.w);
  var x = X_AT + n * K * P + p;
  var w = W_AT + m4 * K;
  for (var k = 0; k < K / 4; k++) {
    {
      let v = arena[x];
      let f = weights[w];
      s0 += f.x * v;
      s1 += f.y * v;
      s2 += f.z * v;
      s3 += f.w * v;
    }
    {
      let v = arena[x + 1 * P];
      let f = weights[w + 1];
      s0 += f.x * v;
      s1 += f.y * v;
      s2 += f.z * v;
      s3 += f.w * v;
    }
    {
      let v = arena[x + 2 * P];
      let f = weights[w + 2];
      s0 += f.x * v;
      s1 += f.y * v;
      s2 += f.z * v;
      s3 += f.w * v;
    }
    {
      let v = arena[x + 3 * P];
      let f = weights[w + 3];
      s0 += f.x * v;
      s1 += f.y * v;
      s2 += f.z * v;
      s3 += f.w * v;
    }
    x += 4 * P;
    w += 4;
  }
  for (var k = 0; k < K % 4; k++) {
    {
      let v = arena[x];
      let f = weights[w];
      s0 += f.x * v;
      s1 += f.y * v;
      s2 += f.z * v;
      s3 += f.w * v;
    }
    x += P;
    w++;
  }
  let m = m4 * 4;
  let y = (n * M + m) * P + p;
  if (m + 0 < M) {
    arena[Y_AT + y + 0 * P] = apply(s0);
  }
  if (m + 1 < M) {
    arena[Y_AT + y + 1 * P] = apply(s1);
  }
  if (m + 2 < M) {
    arena[Y_AT + y + 2 * P] = apply(s2);
  }
  if (m + 3 < M) {
    arena[Y_AT + y + 3 * P] = apply(s3);
  }
}
