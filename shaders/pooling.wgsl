// Pooling over time: last step, maximum and mean of [batch, steps, features] in one pass, each row of the batch over its
// own steps. A part of the result stands at its own offset in a row of `out`. Features go four at a time; strides count
// vectors, so any order of batch and steps will do.

struct Params {
  n: u32, steps: u32, batch: u32, width: u32, // lanes, steps of all rows, rows, vectors per step
  x_start: u32, x_row: u32, x_step: u32, // first vector of x, from row to row, from step to step
  row: u32, out_row: u32, // number of the first row, vectors of a row of the result
  last_at: u32, max_at: u32, mean_at: u32, // where the parts stand in it
  first: u32, end: u32, chunks: u32, pad: u32, // spread: steps that are written, lanes that share those of a row
}

override WG: u32 = 64u;
override LAST: bool = false;
override MAX: bool = false;
override MEAN: bool = false;
override LIMITS: u32 = 0u; // 0: rows have all steps; 1: limits are their lengths; 2: limits are a mask [batch, steps]
const CHUNK = 512u; // steps that are summed one by one; sums of chunks are added

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read> limits: array<u32>;
@group(0) @binding(3) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(4) var<storage, read> places: array<vec4u>;
@group(0) @binding(4) var<storage, read_write> places_out: array<vec4u>; // steps of the maxima
@group(0) @binding(5) var<storage, read> spans: array<vec2u>;
@group(0) @binding(5) var<storage, read_write> spans_out: array<vec2u>; // of every row the last step and their number

// By bits: a compiler may assume that no NaN exists.
fn nan(v: vec4f) -> vec4<bool> {
  return (bitcast<vec4u>(v) & vec4u(0x7fffffffu)) > vec4u(0x7f800000u);
}

// Steps that a row may have; with a mask some of them count.
fn length_of(row: u32) -> u32 {
  if (LIMITS == 1u) { return limits[row]; }
  return params.steps;
}

fn counts(row: u32, t: u32) -> bool {
  if (LIMITS == 2u) { return limits[row * params.steps + t] != 0u; }
  return true;
}

@compute @workgroup_size(WG)
fn forward(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = g.x + g.y * groups.x * WG;
  if (i >= params.n) { return; }
  let column = i % params.width;
  let row = params.row + i / params.width;
  let base = params.x_start + i / params.width * params.x_row + column;
  let end = length_of(row);
  var total = vec4f();
  var best = vec4f();
  var place = vec4u();
  var last = 0u;
  var count = 0u;
  if (MAX || MEAN || LIMITS == 2u) {
    for (var first = 0u; first < end; first += CHUNK) {
      var sum = vec4f();
      for (var t = first; t < min(first + CHUNK, end); t++) {
        if (!counts(row, t)) { continue; }
        if (MAX || MEAN) {
          let v = x[base + t * params.x_step];
          if (MEAN) { sum += v; }
          if (MAX) {
            let better = (v > best) | (nan(v) & !nan(best)) | vec4<bool>(count == 0u);
            best = select(best, v, better);
            place = select(place, vec4u(t), better);
          }
        }
        last = t;
        count++;
      }
      total += sum;
    }
  } else {
    last = end - 1u;
    count = end;
  }
  let at = row * params.out_row + column;
  if (LAST) { out[at + params.last_at] = select(vec4f(), x[base + last * params.x_step], count > 0u); }
  if (MAX) {
    out[at + params.max_at] = best;
    places_out[row * params.width + column] = place;
  }
  if (MEAN) { out[at + params.mean_at] = total / f32(max(count, 1u)); }
  if (column == 0u) { spans_out[row] = vec2u(last, count); }
}

// The transpose: gradients of the parts (x) go to the steps that they came from. A lane loads them once for many steps;
// strides and `batch` are those of the bound part of the result.
@compute @workgroup_size(WG)
fn spread(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = g.x + g.y * groups.x * WG;
  if (i >= params.n) { return; }
  let column = i % params.width;
  let local = i / params.width % params.batch;
  let row = params.row + local;
  let span = spans[row];
  let at = row * params.out_row + column;
  var each = vec4f();
  var largest = vec4f();
  var place = vec4u();
  var last = vec4f();
  if (MEAN) { each = x[at + params.mean_at] / f32(max(span.y, 1u)); }
  if (MAX) {
    largest = x[at + params.max_at];
    place = places[row * params.width + column];
  }
  if (LAST) { last = x[at + params.last_at]; }
  let base = params.x_start + local * params.x_row + column;
  for (var t = params.first + i / params.width / params.batch; t < params.end; t += params.chunks) {
    var v = each;
    if (MAX) { v += select(vec4f(), largest, place == vec4u(t)); }
    if (LAST) { v += select(vec4f(), last, t == span.x); }
    let own = t <= span.x && span.y > 0u && counts(row, t);
    out[base + (t - params.first) * params.x_step] = select(vec4f(), v, own);
  }
}

// The transpose of spread: forward with the maxima's places given.
@compute @workgroup_size(WG)
fn collect(@builtin(global_invocation_id) g: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = g.x + g.y * groups.x * WG;
  if (i >= params.n) { return; }
  let column = i % params.width;
  let row = params.row + i / params.width;
  let base = params.x_start + i / params.width * params.x_row + column;
  let span = spans[row];
  let some = span.y > 0u;
  let at = row * params.out_row + column;
  if (LAST) { out[at + params.last_at] = select(vec4f(), x[base + span.x * params.x_step], some); }
  if (MAX) {
    let place = places[row * params.width + column];
    var v = vec4f();
    for (var k = 0u; k < 4u; k++) { v[k] = x[base + place[k] * params.x_step][k]; }
    out[at + params.max_at] = select(vec4f(), v, some);
  }
  if (MEAN) {
    var total = vec4f();
    for (var first = 0u; first <= span.x; first += CHUNK) {
      var sum = vec4f();
      for (var t = first; t < min(first + CHUNK, span.x + 1u); t++) {
        if (some && counts(row, t)) { sum += x[base + t * params.x_step]; }
      }
      total += sum;
    }
    out[at + params.mean_at] = total / f32(max(span.y, 1u));
  }
}
