// Rows put into another order by a table that names each source row at most once, so the gradient is the same kernel
// with the inverse table. A negative entry makes a row of `fill`. Raw 32-bit words: every element type uses it.
// Entry rows4 moves whole vectors, rows1 single words.

struct Params {
  n: u32, width: u32, count: u32, rows: u32, // rows of this launch, words (or vectors) per row, entries, rows of x
  low: u32, high: u32, fill: u32, // rows of x that are bound; bits of a row that has no source
}

override WG: u32 = 64u;
override COLUMNS: u32 = 1u; // vectors per lane; divides width

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> index: array<i32>;
@group(0) @binding(2) var<storage, read> x: array<vec4u>;
@group(0) @binding(2) var<storage, read> x1: array<u32>;
@group(0) @binding(3) var<storage, read_write> out: array<vec4u>;
@group(0) @binding(3) var<storage, read_write> out1: array<u32>;

// Of output row r: the bound row to copy, whether there is one (y), and whether this launch writes the row (z). The
// launch that binds the first rows of x also fills the rows without a source.
fn source_of(r: u32) -> vec3u {
  let id = index[r % params.count];
  let row = r / params.count * params.rows + u32(id);
  let there = id >= 0;
  let mine = select(params.low == 0u, row >= params.low && row < params.high, there);
  return vec3u(select(0u, row - params.low, there), u32(there), u32(mine));
}

@compute @workgroup_size(WG)
fn rows4(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = g.x + g.y * groups.x * WG;
  let each = params.width / COLUMNS;
  if (i >= params.n * each) { return; }
  let source = source_of(i / each);
  if (source.z == 0u) { return; }
  let start = source.x * params.width + i % each * COLUMNS;
  for (var k = 0u; k < COLUMNS; k++) {
    var v = vec4u(params.fill);
    if (source.y == 1u) { v = x[start + k]; }
    out[i * COLUMNS + k] = v;
  }
}

@compute @workgroup_size(WG)
fn rows1(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = g.x + g.y * groups.x * WG;
  if (i >= params.n * params.width) { return; }
  let source = source_of(i / params.width);
  if (source.z == 0u) { return; }
  var v = params.fill;
  if (source.y == 1u) { v = x1[source.x * params.width + i % params.width]; }
  out1[i] = v;
}
