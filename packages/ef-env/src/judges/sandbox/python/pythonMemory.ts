const MEMORY_SECTION = 5;
const HEADER_BYTES = 8;

/**
 * A WebAssembly module whose own memory may not grow beyond `pages` of 64 KiB.
 *
 * V8's `resourceLimits` do not bound WebAssembly memory; the maximum that a module declares does, whatever
 * the code inside it does. The declaration is rewritten in place: LEB128 numbers may be padded.
 *
 * @throws {Error} if the module declares no memory with a maximum of its own.
 * @see https://webassembly.github.io/spec/core/binary/modules.html#memory-section
 */
export function capMemory(module: Uint8Array, pages: number): Uint8Array<ArrayBuffer> {
  const capped = module.slice();
  let at = HEADER_BYTES;
  const readNumber = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = capped[at++] ?? 0;
      value += (byte & 0x7f) * 2 ** shift;
      if ((byte & 0x80) === 0) return value;
    }
  };
  while (at < capped.length) {
    const section = capped[at++];
    const end = readNumber() + at;
    if (section === MEMORY_SECTION) {
      const memories = readNumber();
      const flags = readNumber();
      if (memories !== 1 || (flags & 1) === 0) break;
      readNumber(); // the initial size
      for (let rest = pages; at < end; rest = Math.floor(rest / 128)) {
        capped[at] = (rest & 0x7f) | (at + 1 < end ? 0x80 : 0);
        at += 1;
      }
      return capped;
    }
    at = end;
  }
  throw new Error('capMemory: the module must declare one memory with a maximum.');
}
