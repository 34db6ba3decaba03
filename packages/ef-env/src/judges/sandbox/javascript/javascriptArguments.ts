/** `if (length >= 65535) throw RangeError("... only %d allowed", 65534)`, where QuickJS spreads a list into arguments. */
const CHECK = [0x42, 0xff, 0xff, 0x03, 0x59, 0x04, 0x40, 0x20, null, 0x41, 0xfe, 0xff, 0x03, 0x36];
/** 131,072 and 131,071 as signed LEB128 of three bytes, about what Node takes. */
const [LIMIT, ALLOWED] = [
  [0x80, 0x80, 0x08],
  [0xff, 0xff, 0x07],
];

/**
 * QuickJS's module with twice the arguments of a call, so that `Math.max(...values)` works with 100,000 as in Node. The
 * arguments lie in the heap: the limit is of the interpreter's own making. A build without the one place is left as it is.
 */
export function raiseArgumentLimit(module: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const places: number[] = [];
  for (let at = module.indexOf(0x42); at >= 0; at = module.indexOf(0x42, at + 1)) {
    if (CHECK.every((byte, i) => byte === null || byte === module[at + i])) places.push(at);
  }
  const [only] = places;
  if (only === undefined || places.length > 1) return module;
  const raised = module.slice();
  raised.set(LIMIT, only + 1);
  raised.set(ALLOWED, only + 10);
  return raised;
}
