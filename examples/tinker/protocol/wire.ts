/** A field of a protobuf message: its number, and what it holds. */
export type WireField = readonly [number: number, value: number | Uint8Array];

/** A message that cannot be read. */
export class WireError extends Error {
  override name = 'WireError';
}

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

/**
 * The fields of a message in order, of the three wire types that Tinker's messages use: varint, 64 bits (read as a double)
 * and bytes.
 *
 * @throws {WireError} if the bytes end inside a field, or a field is of another type.
 * @see https://protobuf.dev/programming-guides/encoding
 */
export function readFields(bytes: Uint8Array): WireField[] {
  const fields: WireField[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const varint = (): number => {
    let [value, scale] = [0, 1];
    for (let i = 0; i < 10; i++) {
      const byte = bytes[at++];
      if (byte === undefined) throw new WireError('The message ends inside a number.');
      value += (byte & 127) * scale;
      if (byte < 128) return value;
      scale *= 128;
    }
    throw new WireError('A number has more than ten bytes.');
  };
  const take = (length: number): number => {
    if (at + length > bytes.length) throw new WireError('The message ends inside a field.');
    at += length;
    return at - length;
  };
  while (at < bytes.length) {
    const tag = varint();
    const [number, type] = [Math.floor(tag / 8), tag % 8];
    if (type === 0) fields.push([number, varint()]);
    else if (type === 1) fields.push([number, view.getFloat64(take(8), true)]);
    else if (type === 2) {
      const length = varint();
      const start = take(length);
      fields.push([number, bytes.subarray(start, start + length)]);
    } else throw new WireError(`Field ${number} has wire type ${type}, which is not used here.`);
  }
  return fields;
}

/** The bytes of each field of this number. @throws {WireError} if one is a number. */
export function allBytes(fields: readonly WireField[], number: number): Uint8Array[] {
  return fields.flatMap(([own, value]) => {
    if (own !== number) return [];
    if (typeof value === 'number') throw new WireError(`Field ${number} must be bytes.`);
    return [value];
  });
}

/** The last one, as protobuf has it; undefined: it is not there. */
export const lastBytes = (fields: readonly WireField[], number: number): Uint8Array | undefined =>
  allBytes(fields, number).at(-1);

/** The last one, or what stands for none. */
export function lastNumber(fields: readonly WireField[], number: number, none = 0): number {
  const value = fields.findLast(([own]) => own === number)?.[1] ?? none;
  if (typeof value !== 'number') throw new WireError(`Field ${number} must be a number.`);
  return value;
}

export function lastText(fields: readonly WireField[], number: number): string {
  const bytes = lastBytes(fields, number);
  if (bytes === undefined) return '';
  try {
    return decoder.decode(bytes);
  } catch {
    throw new WireError(`Field ${number} is no UTF-8 text.`);
  }
}

/** A map, whose entries are messages of a key (1) and a value (2). */
export const entries = (
  fields: readonly WireField[],
  number: number,
): { key: string; entry: WireField[] }[] =>
  allBytes(fields, number).map((bytes) => {
    const entry = readFields(bytes);
    return { key: lastText(entry, 1), entry };
  });

export const varint = (value: number): Uint8Array => {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return Uint8Array.from([...bytes, rest]);
};

export function concat(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

export const bytesField = (number: number, bytes: Uint8Array): Uint8Array =>
  concat([varint(number * 8 + 2), varint(bytes.length), bytes]);

export const numberField = (number: number, value: number): Uint8Array =>
  concat([varint(number * 8), varint(value)]);

export const doubleField = (number: number, value: number): Uint8Array =>
  concat([varint(number * 8 + 1), new Uint8Array(Float64Array.of(value).buffer)]);

export const textField = (number: number, text: string): Uint8Array =>
  bytesField(number, encoder.encode(text));

export const entryField = (number: number, key: string, value: Uint8Array): Uint8Array =>
  bytesField(number, concat([textField(1, key), value]));
