// What every step of an optimiser is given. `blocks` lists 64-element blocks of an arena and `owners` where the clock of
// each block's parameter is; values, gradients and state lie at equal offsets. A lane takes four vec4s of a block,
// one after another: software adapters pay for loops.
override WG: u32 = 64u;
const LANES = 4u; // per block

@group(0) @binding(1) var<storage, read> blocks: array<u32>;
@group(0) @binding(2) var<storage, read> owners: array<u32>;
@group(0) @binding(3) var<storage, read> clock: array<vec4f>;
@group(0) @binding(4) var<storage, read> grad: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> value: array<vec4f>;

// First vec4 of a lane; the others follow in steps of LANES.
fn place(first: u32, i: u32) -> u32 { return 16u * blocks[first + i / LANES] + i % LANES; }

// What tick left for this step: (1, factor of the gradient, two numbers of the algorithm), or zeros to change nothing.
fn clock_of(first: u32, i: u32) -> vec4f { return clock[owners[first + i / LANES]]; }
