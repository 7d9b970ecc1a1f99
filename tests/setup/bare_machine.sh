#!/usr/bin/env bash
# Set-up on a machine that has nothing: a minimal Debian of its own (debootstrap) with Deno copied in, as a user without
# root. Needs root, debootstrap and network; takes about two minutes. Prints one line per case and fails at the first wrong one.
#
#     tests/setup/bare_machine.sh [release, default bookworm]
set -euo pipefail
cd "$(dirname "$0")/../.."
release=${1:-bookworm}
root=$(mktemp -d /tmp/wgrad-bare-XXXXXX)
chmod 755 "$root"
home=$root/home/someone
cache=$home/.cache/wgrad

cleanup() {
  mountpoint -q "$root/dev" && umount "$root/dev"
  mountpoint -q "$root/proc" && umount "$root/proc"
  rm -rf --one-file-system "$root"
}
trap cleanup EXIT

debootstrap --variant=minbase "$release" "$root" http://deb.debian.org/debian >"/tmp/debootstrap-$$.log" 2>&1
cp -L "$(deno eval 'console.log(Deno.execPath())')" "$root/usr/bin/deno"
cp /etc/resolv.conf "$root/etc/"
cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ca.crt" # the machine's own roots, where a proxy has some
mount -t proc proc "$root/proc"
mount --bind /dev "$root/dev"
chroot "$root" useradd --create-home --uid 1000 someone
mkdir -p "$home/wgrad"
cp -r tools "$home/wgrad/"
cat >"$home/wgrad/add.ts" <<'TS'
const adapter = await navigator.gpu.requestAdapter();
const device = await adapter!.requestDevice();
const module = device.createShaderModule({ code: `
  @group(0) @binding(0) var<storage, read_write> y: array<f32>;
  @compute @workgroup_size(64) fn main(@builtin(global_invocation_id) g: vec3u) { y[g.x] = f32(g.x) * 3.0; }` });
const pipeline = device.createComputePipeline({ layout: "auto", compute: { module } });
const y = device.createBuffer({ size: 256, usage: 0x84 }), read = device.createBuffer({ size: 256, usage: 9 });
const group = device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries: [{ binding: 0, resource: { buffer: y } }] });
const encoder = device.createCommandEncoder(), pass = encoder.beginComputePass();
pass.setPipeline(pipeline);
pass.setBindGroup(0, group);
pass.dispatchWorkgroups(1);
pass.end();
encoder.copyBufferToBuffer(y, 0, read, 0, 256);
device.queue.submit([encoder.finish()]);
await read.mapAsync(1);
console.log(adapter!.info.description, "computes", new Float32Array(read.getMappedRange())[63]);
if (!Deno.args.length) { // a child process finds the driver by its environment alone
  await new Deno.Command(Deno.execPath(), { args: ["run", "-A", import.meta.filename!, "child"] }).spawn().status;
}
TS
chown -R 1000:1000 "$home"

# start [VARIABLE=value...]: runs the program in the bare machine; $network may hold a prefix that cuts the network.
start() {
  ${network:-} chroot --userspec=1000:1000 "$root" /usr/bin/env -i HOME=/home/someone PATH=/usr/bin:/bin NO_COLOR=1 \
    DENO_CERT=/etc/ca.crt DENO_NO_UPDATE_CHECK=1 "$@" \
    deno run -A --preload=/home/someone/wgrad/tools/preload.ts /home/someone/wgrad/add.ts 2>&1
}

# expect CASE PATTERN COUNT: the last output has COUNT lines that match.
expect() {
  local count
  count=$(grep -c -E "$2" <<<"$output" || true)
  if [ "$count" != "$3" ]; then
    printf 'FAILED %s: %s lines match %s, not %s\n%s\n' "$1" "$count" "$2" "$3" "$output"
    exit 1
  fi
  echo "ok     $1"
}

output=$(start WGRAD_NO_SETUP=1) && code=0 || code=$?
expect "switched off: the command is printed, code $code" 'sudo apt-get install|sudo apt-get update' 1
[ "$code" = 1 ] && [ ! -e "$cache" ]

start >/dev/null & # killed in the middle of the download
sleep 4
for pid in $(pgrep -P $! || true) $!; do kill -9 "$pid" 2>/dev/null || true; done
wait 2>/dev/null || true
if compgen -G "$cache/mesa-*" >/dev/null; then echo "ok     interrupted: the driver was complete already"; else echo "ok     interrupted: nothing is left but partial folders"; fi

began=$SECONDS
output=$(start)
expect "first run: llvmpipe computes, in this process and a child ($((SECONDS - began)) s)" 'llvmpipe.* computes 189' 2
network="unshare -n"
output=$(start)
expect "second run without network" 'llvmpipe.* computes 189' 2

library=$(ls "$cache"/mesa-*/lib/libLLVM*)
cp -a "$library" "$root/kept"
truncate -s 1000000 "$library"
output=$(start) && code=0 || code=$?
expect "a damaged driver without network: the command is printed, code $code" 'sudo apt-get update' 1
[ "$code" = 1 ]
cp -a "$root/kept" "$library"
output=$(start)
expect "the same, whole again" 'llvmpipe.* computes 189' 2

network=
rm -rf "$cache"
mv "$root/usr/bin/apt-get" "$root/usr/bin/apt-get.away"
output=$(start)
expect "no apt: SwiftShader from npm" 'SwiftShader.* computes 189' 2
network="unshare -n"
output=$(start)
expect "no apt, second run without network" 'SwiftShader.* computes 189' 2
echo "all cases passed"
