@group(0) @binding(0) var<storage, read_write> arena: array<f32>;
@group(0) @binding(1) var<storage, read> weights: array<f32>;

override COUNT: i32;
override X_AT: i32;
override Y_AT: i32;
override W_AT: i32;
override B_AT: i32;
override M: i32;
override OH: i32;
override OW: i32;
override C: i32;
override H: i32;
override W: i32;
override KH: i32;
override SY: i32;
override DY: i32;
override PT: i32;
override PL: i32;
override MULTIPLIER: i32;
override OW4: i32;

fn at(row: i32, x: i32) -> f32 {
  let inside = clamp(x, 0, W - 1);
  return select(0.0, arena[row + inside], x == inside);
}

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
  let j = (item % OW4) * 4;
  var rest = item / OW4;
  let i = rest % OH;
  rest = rest / OH;
  let m = rest % M;
  let n = rest / M;
  let plane = X_AT + (n * C + m / MULTIPLIER) * H * W;
  let z = j * 1 - PL;
  var w = W_AT + m * KH * 3;
  var sum = vec4f(weights[B_AT + m]);
  for (var u = 0; u < KH; u++) {
    let line = i * SY + u * DY - PT;
    if (line >= 0 && line < H) {
      let row = plane + line * W;
      let c0 = at(row, z + 0);
      let c1 = at(row, z + 1);
      let c2 = at(row, z + 2);
      let c3 = at(row, z + 3);
      let c4 = at(row, z + 4);
      let c5 = at(row, z + 5);
      sum += weights[w + 0] * vec4f(c0, c1, c2, c3);
      sum += weights[w + 1] * vec4f(c1, c2, c3, c4);
      sum += weights[w + 2] * vec4f(c2, c3, c4, c5);
    }
    w += 3;
  }
  let o = ((n * M + m) * OH + i) * OW + j;
  let t = apply(sum);
  arena[Y_AT + o] = t.x;
  if (j + 1 < OW) {
    arena[Y_AT + o + 1] = t.y;
  }
  if (j + 2 < OW) {
    arena[Y_AT + o + 2] = t.z;
  }
  if (j + 3 < OW) {
    arena[Y_AT + o + 3] = t.w;
  }
}
