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
