/**
 * For each UTF-16 offset of a text the number of UTF-8 bytes before it, `[text.length + 1]`. An offset within a
 * surrogate pair counts as the pair's start; a lone surrogate has 3 bytes, as TextEncoder writes it.
 */
export function utf8Offsets(text: string): Uint32Array {
  const offsets = new Uint32Array(text.length + 1);
  let bytes = 0;
  for (let i = 0; i < text.length; i++) {
    offsets[i] = bytes;
    const unit = text.charCodeAt(i);
    const pair = unit >= 0xd800 && unit < 0xdc00 && isLowSurrogate(text.charCodeAt(i + 1));
    if (pair) {
      offsets[++i] = bytes;
      bytes += 4;
    } else bytes += byteLength(unit);
  }
  offsets[text.length] = bytes;
  return offsets;
}

const isLowSurrogate = (unit: number): boolean => unit >= 0xdc00 && unit < 0xe000;

function byteLength(unit: number): number {
  if (unit < 0x80) return 1;
  return unit < 0x800 ? 2 : 3;
}
