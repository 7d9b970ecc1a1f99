// Puts initial states where the recurrent kernels look for them: into the row of h (and c) that belongs to the first
// step of each sequence; zeros where none is given. A lane moves one vector.

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
