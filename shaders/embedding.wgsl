// Rows of a table by id, and its gradient: for every row of the table the sum of the gradients of the positions that
// named it. The sum runs over ascending positions, 128 at a time: total = chunk 0 + chunk 1 + ..., each chunk summed one
// by one. Two variants add in that order: `direct` looks at all ids, `sums` walks ids that were sorted before (with
// `bounds` of every row and, for long runs, `partials`: a chunk behind a run's first lies in the block of 128 sorted
// places in which it begins, and no other chunk does). Entries in 4 move whole vectors, entries in 1 single elements.

struct Params {
  n: u32, width: u32, first: u32, command: u32, // positions, elements (or vectors) per row
  low: u32, high: u32, rows: u32, zero: u32, // bound rows of the table, all rows, the row that gets no gradient
}

override WG: u32 = 64u;
override COLUMNS: u32 = 1u; // vectors per lane; divides width
override ADD: bool = false;
override CHECK: bool = true; // ids that may be out of range
override ZERO: bool = false; // the row `zero` is read as zeros

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> ids: array<i32>;
@group(0) @binding(2) var<storage, read> table: array<vec4u>;
@group(0) @binding(2) var<storage, read> table1: array<u32>;
@group(0) @binding(3) var<storage, read_write> out: array<vec4u>;
@group(0) @binding(3) var<storage, read_write> out1: array<u32>;
@group(0) @binding(4) var<storage, read_write> fault: array<atomic<u32>>;
@group(0) @binding(1) var<storage, read> ids4: array<vec4i>;
@group(0) @binding(2) var<storage, read> grad: array<vec4f>;
@group(0) @binding(2) var<storage, read> grad1: array<f32>;
@group(0) @binding(3) var<storage, read_write> sum: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> sum1: array<f32>;
@group(0) @binding(1) var<storage, read> keys: array<u32>;
@group(0) @binding(4) var<storage, read> order: array<u32>;
@group(0) @binding(5) var<storage, read> runs: array<u32>;
@group(0) @binding(5) var<storage, read_write> runs_out: array<u32>;
@group(0) @binding(6) var<storage, read> chunks: array<vec4f>;
@group(0) @binding(6) var<storage, read> chunks1: array<f32>;

// lib:fault begin
// Records (command, element, value, kind) in the device's fault word; the first one wins. Kinds: 0 index, 1 a number that
// is none, 2 a value out of range.
fn report(command: u32, element: u32, value: u32, kind: u32) {
  for (var tries = 0u; tries < 64u; tries++) { // a weak exchange may fail without a reason
    let r = atomicCompareExchangeWeak(&fault[0], 0u, command);
    if (r.exchanged) {
      atomicStore(&fault[1], element);
      atomicStore(&fault[2], value);
      atomicStore(&fault[3], kind);
      return;
    }
    if (r.old_value != 0u) { return; }
  }
}
// lib:fault end

const CHUNK = 128u;
const NONE = 0xffffffffu;

// The row that position i names; an id out of range is reported and counts as 0.
fn row_at(i: u32) -> u32 {
  let id = ids[i];
  if (CHECK && (id < 0 || u32(id) >= params.rows)) {
    report(params.command, params.first + i, bitcast<u32>(id), 0u);
    return 0u;
  }
  return u32(id);
}

@compute @workgroup_size(WG)
fn gather4(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = g.x + g.y * groups.x * WG;
  let each = params.width / COLUMNS;
  if (i >= params.n * each) { return; }
  let row = row_at(i / each);
  if (row < params.low || row >= params.high) { return; }
  let source = (row - params.low) * params.width + i % each * COLUMNS;
  for (var k = 0u; k < COLUMNS; k++) {
    var v = table[source + k];
    if (ZERO) { v = select(v, vec4u(), row == params.zero); }
    out[i * COLUMNS + k] = v;
  }
}

@compute @workgroup_size(WG)
fn gather1(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = g.x + g.y * groups.x * WG;
  if (i >= params.n * params.width) { return; }
  let row = row_at(i / params.width);
  if (row < params.low || row >= params.high) { return; }
  var v = table1[(row - params.low) * params.width + i % params.width];
  if (ZERO) { v = select(v, 0u, row == params.zero); }
  out1[i] = v;
}

// Which of the 32 positions from p name the row, as bits.
fn hits4(p: u32, row: u32) -> u32 {
  var hits = 0u;
  for (var k = 0u; k < 8u; k++) {
    let hit = ids4[p / 4u + k] == vec4i(i32(row));
    hits |= dot(select(vec4u(), vec4u(1u, 2u, 4u, 8u), hit), vec4u(1u)) << (4u * k);
  }
  return select(hits, hits & ((1u << ((params.n - p) & 31u)) - 1u), params.n - p < 32u);
}

// A lane sums COLUMNS (1, 2 or 4) neighbouring vectors of one row of the table. Few branches: adapters that run on the
// processor go through both sides of one.
@compute @workgroup_size(WG)
fn direct4(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = g.x + g.y * groups.x * WG;
  let each = params.width / COLUMNS;
  if (i >= (params.high - params.low) * each) { return; }
  let row = params.low + i / each;
  let column = i % each * COLUMNS;
  var seen = 0u;
  var a = vec4f();
  var b = vec4f();
  var c = vec4f();
  var d = vec4f();
  var total_a = vec4f();
  var total_b = vec4f();
  var total_c = vec4f();
  var total_d = vec4f();
  for (var p = 0u; p < params.n; p += 32u) {
    var hits = hits4(p, row);
    while (hits != 0u) {
      let at = (p + countTrailingZeros(hits)) * params.width + column;
      hits &= hits - 1u;
      a += grad[at];
      if (COLUMNS > 1u) { b += grad[at + 1u]; }
      if (COLUMNS > 2u) {
        c += grad[at + 2u];
        d += grad[at + 3u];
      }
      seen++;
      let full = seen == CHUNK;
      seen = select(seen, 0u, full);
      total_a += select(vec4f(), a, full);
      total_b += select(vec4f(), b, full);
      total_c += select(vec4f(), c, full);
      total_d += select(vec4f(), d, full);
      a = select(a, vec4f(), full);
      b = select(b, vec4f(), full);
      c = select(c, vec4f(), full);
      d = select(d, vec4f(), full);
    }
  }
  let at = i * COLUMNS;
  let keep = row != params.zero;
  sum[at] = select(vec4f(), total_a + a, keep);
  if (COLUMNS > 1u) { sum[at + 1u] = select(vec4f(), total_b + b, keep); }
  if (COLUMNS > 2u) {
    sum[at + 2u] = select(vec4f(), total_c + c, keep);
    sum[at + 3u] = select(vec4f(), total_d + d, keep);
  }
}

@compute @workgroup_size(WG)
fn direct1(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = g.x + g.y * groups.x * WG;
  if (i >= (params.high - params.low) * params.width) { return; }
  let row = params.low + i / params.width;
  let column = i % params.width;
  var seen = 0u;
  var a = 0.0;
  var total = 0.0;
  for (var p = 0u; p < params.n; p += 32u) {
    var hits = hits4(p, row);
    while (hits != 0u) {
      a += grad1[(p + countTrailingZeros(hits)) * params.width + column];
      hits &= hits - 1u;
      seen++;
      let full = seen == CHUNK;
      seen = select(seen, 0u, full);
      total += select(0.0, a, full);
      a = select(a, 0.0, full);
    }
  }
  sum1[i] = select(0.0, total + a, row != params.zero);
}

// First place and end of every row's run in the sorted keys; rows without one keep the zeros they start with.
@compute @workgroup_size(WG)
fn bounds(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = g.x + g.y * groups.x * WG;
  if (i >= params.n) { return; }
  let key = keys[i];
  if (i == 0u || keys[max(i, 1u) - 1u] != key) { runs_out[2u * key] = i; }
  if (i + 1u == params.n || keys[min(i + 1u, params.n - 1u)] != key) { runs_out[2u * key + 1u] = i + 1u; }
}

// The chunk (not the first of its run) that begins in a block of 128 sorted places: (first, end), or (0, 0).
fn chunk_in(block: u32) -> vec2u {
  let at = block * CHUNK;
  let key = keys[at];
  let begin = runs[2u * key];
  let end = runs[2u * key + 1u];
  let from_begin = (at - begin + CHUNK - 1u) / CHUNK * CHUNK;
  if (from_begin == 0u || begin + from_begin >= end) { return vec2u(); }
  return vec2u(begin + from_begin, min(begin + from_begin + CHUNK, end));
}

@compute @workgroup_size(WG)
fn partials4(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = g.x + g.y * groups.x * WG;
  if (i / params.width >= (params.n + CHUNK - 1u) / CHUNK) { return; }
  let chunk = chunk_in(i / params.width);
  if (chunk.y == 0u) { return; }
  var a = vec4f();
  for (var p = chunk.x; p < chunk.y; p++) { a += grad[order[p] * params.width + i % params.width]; }
  sum[i] = a;
}

@compute @workgroup_size(WG)
fn partials1(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = g.x + g.y * groups.x * WG;
  if (i / params.width >= (params.n + CHUNK - 1u) / CHUNK) { return; }
  let chunk = chunk_in(i / params.width);
  if (chunk.y == 0u) { return; }
  var a = 0.0;
  for (var p = chunk.x; p < chunk.y; p++) { a += grad1[order[p] * params.width + i % params.width]; }
  sum1[i] = a;
}

@compute @workgroup_size(WG)
fn sums4(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = g.x + g.y * groups.x * WG;
  let each = params.width / COLUMNS;
  if (i >= (params.high - params.low) * each) { return; }
  let row = params.low + i / each;
  let begin = runs[2u * row];
  let end = select(runs[2u * row + 1u], begin, row == params.zero);
  for (var k = 0u; k < COLUMNS; k++) {
    let column = i % each * COLUMNS + k;
    var total = vec4f();
    for (var p = begin; p < min(begin + CHUNK, end); p++) { total += grad[order[p] * params.width + column]; }
    for (var p = begin + CHUNK; p < end; p += CHUNK) { total += chunks[p / CHUNK * params.width + column]; }
    if (ADD) { total += sum[i * COLUMNS + k]; }
    sum[i * COLUMNS + k] = total;
  }
}

@compute @workgroup_size(WG)
fn sums1(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = g.x + g.y * groups.x * WG;
  if (i >= (params.high - params.low) * params.width) { return; }
  let row = params.low + i / params.width;
  let column = i % params.width;
  let begin = runs[2u * row];
  let end = select(runs[2u * row + 1u], begin, row == params.zero);
  var total = 0.0;
  for (var p = begin; p < min(begin + CHUNK, end); p++) { total += grad1[order[p] * params.width + column]; }
  for (var p = begin + CHUNK; p < end; p += CHUNK) { total += chunks1[p / CHUNK * params.width + column]; }
  if (ADD) { total += sum1[i]; }
  sum1[i] = total;
}
