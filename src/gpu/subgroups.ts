/**
 * Whether the 8 lanes of a small workgroup can hand values to each other. Deno's adapters do not list the feature but
 * grant it, and its compiler takes the built-in functions without `enable`; so it is tried out on the device at hand.
 * @module
 */

const TRIAL = `@group(0) @binding(0) var<storage, read_write> out: array<vec4f>;
@compute @workgroup_size(8)
fn trial(@builtin(global_invocation_id) g: vec3u, @builtin(local_invocation_index) lane: u32) {
  let own = vec4f(f32(g.x), f32(lane), 1.0, 2.0);
  out[g.x] = subgroupBroadcast(own, 3u) + 100.0 * subgroupBroadcast(own, 7u);
}`;
const LANES = 24;

const found = new Map<string, Promise<boolean>>();

/**
 * Runs a small kernel whose lanes broadcast, and compares what arrives; false when anything fails. Once per adapter: a
 * second device often opens while the first one is at work, and drivers that compile for two at a time have crashed.
 */
export function broadcastsAmong8(gpu: GPUDevice, adapter: string): Promise<boolean> {
  let result = found.get(adapter);
  if (!result) found.set(adapter, result = tryOut(gpu));
  return result;
}

async function tryOut(gpu: GPUDevice): Promise<boolean> {
  gpu.pushErrorScope("validation");
  try {
    const size = LANES * 16;
    const out = gpu.createBuffer({ size, usage: 0x80 | 0x4 }), read = gpu.createBuffer({ size, usage: 0x1 | 0x8 });
    const pipeline = gpu.createComputePipeline({
      layout: "auto",
      compute: { module: gpu.createShaderModule({ code: TRIAL }), entryPoint: "trial" },
    });
    const group = gpu.createBindGroup({
      layout: pipeline.getBindGroupLayout(0),
      entries: [{ binding: 0, resource: { buffer: out } }],
    });
    const encoder = gpu.createCommandEncoder(), pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, group);
    pass.dispatchWorkgroups(LANES / 8);
    pass.end();
    encoder.copyBufferToBuffer(out, 0, read, 0, size);
    gpu.queue.submit([encoder.finish()]);
    await read.mapAsync(1);
    const values = new Float32Array(read.getMappedRange().slice(0));
    read.unmap();
    read.destroy();
    out.destroy();
    return values.every((v, i) => {
      const first = Math.floor(i / 32) * 8;
      return v === [101 * first + 703, 703, 101, 202][i % 4];
    });
  } catch {
    return false;
  } finally {
    await gpu.popErrorScope().catch(() => null);
  }
}
