// What surrounds the steps of a recurrent layer. `start` puts initial states where the kernels look for them: into the
// row of h (and c) that belongs to the first step of each sequence; zeros where none is given. `finish` takes the final
// states out. `bias` adds gate gradients up over the rows.

override WG: u32 = 64u;

struct Params {
  h4: u32, // vectors of 4 in a state row
  batch: u32, // B
  dirs: u32,
  sd: u32, // vectors from direction to direction of h, c
  given: u32, // 1: there is h0; 2: there is c0
  reverse: u32, // bit d set when direction d runs backwards in time
  packed: u32, // 1 takes the rows from `steps`
  count: u32, // steps
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> h0: array<vec4f>; // [dirs, B, H]
@group(0) @binding(2) var<storage, read_write> h: array<vec4f>; // [dirs][rows + B, H]
@group(0) @binding(3) var<storage, read> c0: array<vec4f>; // [dirs, B, H]
@group(0) @binding(4) var<storage, read_write> c: array<vec4f>; // [dirs][rows + B, H]
@group(0) @binding(7) var<storage, read> steps: array<vec4u>; // packed: [dirs, count]

// The row in which sequence r of a direction begins.
fn first_row(r: u32, dir: u32) -> u32 {
  if (p.packed == 1u) {
    var i = 0u;
    while (i + 1u < p.count && steps[dir * p.count + i].z <= r) { i++; }
    return steps[dir * p.count + i].x + r;
  }
  return r + select(0u, (p.count - 1u) * p.batch, ((p.reverse >> dir) & 1u) == 1u);
}

fn place(i: u32) -> u32 {
  let row = i / p.h4;
  let dir = row / p.batch;
  return dir * p.sd + first_row(row % p.batch, dir) * p.h4 + i % p.h4;
}

@compute @workgroup_size(WG)
fn start(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * WG;
  if (i >= p.dirs * p.batch * p.h4) { return; }
  var v = vec4f();
  if ((p.given & 1u) != 0u) { v = h0[i]; }
  h[place(i)] = v;
}

@compute @workgroup_size(WG)
fn start_pair(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * WG;
  if (i >= p.dirs * p.batch * p.h4) { return; }
  let to = place(i);
  var v = vec4f();
  if ((p.given & 1u) != 0u) { v = h0[i]; }
  h[to] = v;
  v = vec4f();
  if ((p.given & 2u) != 0u) { v = c0[i]; }
  c[to] = v;
}

struct Final {
  n: u32, // dirs B H
  units: u32, // H before padding
  batch: u32,
  h4: u32,
  sd: u32,
  final_row: u32, // row of h and c that takes the final state of sequence 0
}

@group(0) @binding(0) var<uniform> q: Final;
@group(0) @binding(1) var<storage, read> hs: array<vec4f>; // [dirs][rows + B, H]
@group(0) @binding(2) var<storage, read_write> hn: array<f32>; // [dirs, B, H]
@group(0) @binding(3) var<storage, read> cs: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> cn: array<f32>;

// Vector and component of element i of the final states.
fn last(i: u32) -> vec2u {
  let row = i / q.units;
  let unit = i % q.units;
  return vec2u(row / q.batch * q.sd + (q.final_row + row % q.batch) * q.h4 + unit / 4u, unit % 4u);
}

@compute @workgroup_size(WG)
fn finish(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * WG;
  if (i >= q.n) { return; }
  let at = last(i);
  hn[i] = hs[at.x][at.y];
}

@compute @workgroup_size(WG)
fn finish_pair(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * WG;
  if (i >= q.n) { return; }
  let at = last(i);
  hn[i] = hs[at.x][at.y];
  cn[i] = cs[at.x][at.y];
}

struct Bias {
  columns: u32, // vectors in a row
  rows: u32, // rows of a direction
  each: u32, // rows that a lane adds up
  chunks: u32, // lanes for a column
  start: u32, // first vector of direction 0
  gd: u32, // vectors from direction to direction
  sd: u32, // the same of the sums
}

@group(0) @binding(0) var<uniform> b: Bias;
@group(0) @binding(1) var<storage, read> dg: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> sums: array<vec4f>; // [dirs][chunks, columns]

fn dg_at(i: u32) -> vec4f { return vec4f(dg[i]); }

@compute @workgroup_size(WG)
fn bias(@builtin(global_invocation_id) id: vec3u) {
  let column = id.x % b.columns;
  let chunk = id.x / b.columns;
  if (chunk >= b.chunks) { return; }
  let first = b.start + id.z * b.gd + column;
  var sum = vec4f();
  for (var r = chunk * b.each; r < min((chunk + 1u) * b.each, b.rows); r++) { sum += dg_at(first + r * b.columns); }
  sums[id.z * b.sd + chunk * b.columns + column] = sum;
}
