// Running sums along the middle dimension of [outer, length, inner], 64 elements to a lane: `totals` sums each chunk,
// the host scans the totals in the same way, and `carried` continues each chunk from the total before it. The order of
// additions depends on the length alone.

alias T = f32; // element type

struct Params { items: u32, length: u32, inner: u32, chunks: u32, x_start: u32, out_start: u32, carry_start: u32 }

override REVERSE: u32 = 0u; // 1: from the end
override WG: u32 = 64u;
const CHUNK = 64u;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<T>;
@group(0) @binding(2) var<storage, read_write> out: array<T>;
@group(0) @binding(3) var<storage, read> carry: array<T>;

struct Place { base: u32, first: u32, end: u32, chunk: u32 }

fn place(i: u32) -> Place {
  let item = i / params.inner;
  let chunk = item % params.chunks;
  let base = item / params.chunks * params.length * params.inner + i % params.inner;
  return Place(base, chunk * CHUNK, min(chunk * CHUNK + CHUNK, params.length), chunk);
}

fn element(k: u32) -> u32 { return select(k, params.length - 1u - k, REVERSE == 1u) * params.inner; }

@compute @workgroup_size(WG)
fn totals(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = g.x + g.y * groups.x * WG;
  if (i >= params.items) { return; }
  let p = place(i);
  var sum = T(0);
  for (var k = p.first; k < p.end; k++) { sum += x[params.x_start + p.base + element(k)]; }
  out[params.out_start + i] = sum;
}

@compute @workgroup_size(WG)
fn scan(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = g.x + g.y * groups.x * WG;
  if (i >= params.items) { return; }
  let p = place(i);
  var sum = T(0);
  for (var k = p.first; k < p.end; k++) {
    sum += x[params.x_start + p.base + element(k)];
    out[params.out_start + p.base + element(k)] = sum;
  }
}

@compute @workgroup_size(WG)
fn carried(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = g.x + g.y * groups.x * WG;
  if (i >= params.items) { return; }
  let p = place(i);
  var sum = T(0);
  if (p.chunk > 0u) { sum = carry[params.carry_start + i - params.inner]; }
  for (var k = p.first; k < p.end; k++) {
    sum += x[params.x_start + p.base + element(k)];
    out[params.out_start + p.base + element(k)] = sum;
  }
}
