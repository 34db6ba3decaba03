/** Arrays of numbers that are kept as bytes. */
const KINDS = { Float32Array, Uint8Array } as const;
type Kind = keyof typeof KINDS;

/** Where an array lies among the bytes. */
interface Place {
  $array: Kind;
  begin: number;
  length: number;
}

/**
 * Plain data with Float32Arrays and Uint8Arrays in it as bytes.
 *
 *     bytes = length of the JSON (u32), JSON with a place for each array, padding, arrays, each aligned to 4
 */
export function pack(value: unknown): Blob {
  const arrays: Uint8Array<ArrayBuffer>[] = [];
  let at = 0;
  const json = JSON.stringify(value, (_, item: unknown) => {
    if (!(item instanceof Float32Array || item instanceof Uint8Array)) return item;
    const kind: Kind = item instanceof Float32Array ? 'Float32Array' : 'Uint8Array';
    const place: Place = { $array: kind, begin: at, length: item.length };
    const bytes = new Uint8Array(Math.ceil(item.byteLength / 4) * 4);
    bytes.set(new Uint8Array(item.buffer, item.byteOffset, item.byteLength));
    arrays.push(bytes);
    at += bytes.length;
    return place;
  });
  const text = new TextEncoder().encode(json);
  const padding = new Uint8Array((4 - (text.length % 4)) % 4).fill(0x20); // spaces are JSON, too
  const length = Uint32Array.of(text.length + padding.length);
  return new Blob([length, text, padding, ...arrays]);
}

/** Reads it back. @throws {Error} if the bytes were cut. */
export async function unpack(blob: Blob): Promise<unknown> {
  const buffer = await blob.arrayBuffer();
  const length = new DataView(buffer).getUint32(0, true);
  const start = 4 + length;
  const json = new TextDecoder().decode(new Uint8Array(buffer, 4, length));
  return JSON.parse(json, (_, item: unknown) => {
    if (typeof item !== 'object' || item === null || !('$array' in item)) return item;
    const { $array, begin, length } = item as Place; // written by `pack`
    return new KINDS[$array](buffer, start + begin, length).slice();
  });
}
