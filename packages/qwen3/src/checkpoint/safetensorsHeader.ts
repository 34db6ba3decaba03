import { Qwen3Error } from '../base/errors.ts';
import { showValue } from '../base/showValue.ts';
import { foreignFormat } from './foreignFormat.ts';
import { type JsonCursor, jsonCursor } from './jsonCursor.ts';

/** Every storage type of the format, with its bits per value. This package computes with F32, BF16, F16 and I32. */
export const BITS_PER_VALUE = {
  BOOL: 8,
  F4: 4,
  F6_E2M3: 6,
  F6_E3M2: 6,
  U8: 8,
  I8: 8,
  F8_E5M2: 8,
  F8_E4M3: 8,
  F8_E8M0: 8,
  F8_E4M3FNUZ: 8,
  F8_E5M2FNUZ: 8,
  I16: 16,
  U16: 16,
  F16: 16,
  BF16: 16,
  I32: 32,
  U32: 32,
  F32: 32,
  C64: 64,
  F64: 64,
  I64: 64,
  U64: 64,
} as const;

/** A storage type of the format. `read` takes F32, BF16, F16 and I32 and refuses the others by name. */
export type SafetensorsDtype = keyof typeof BITS_PER_VALUE;

const DTYPES = Object.keys(BITS_PER_VALUE) as SafetensorsDtype[]; // its keys

/** One tensor of a file: where its bytes lie, relative to the first byte after the header. */
export interface SafetensorsEntry {
  dtype: SafetensorsDtype;
  shape: number[];
  begin: number;
  end: number;
}

/** What the header of a file says. */
export interface SafetensorsHeader {
  entries: Map<string, SafetensorsEntry>;
  metadata: Record<string, string>;
}

/** The format's own limit, so that a damaged length does not allocate the machine away. */
const MAX_HEADER_BYTES = 100_000_000;

/** NumPy's and PyTorch's. A damaged header could list millions. */
const MAX_DIMENSIONS = 64;

/**
 * Entries, of tensors or metadata, that any header may have. A longer list must have so many bytes for each, as every real one
 * does (a name, a type, a shape and two offsets are about 100): then all that is kept of a header stays below 4 times its
 * bytes.
 */
const [FREE_ENTRIES, BYTES_PER_ENTRY] = [1 << 14, 88];

/** The key that holds the metadata instead of a tensor. */
export const METADATA_KEY = '__metadata__';

/** Bytes of the JSON header, from the file's first bytes (8 of them: little-endian u64). */
export function headerLength(source: string, first: Uint8Array, fileBytes: number): number {
  if (first.length < 8) fail(source, `is ${fileBytes} bytes long, at least 8 are needed`);
  const length = Number(new DataView(first.buffer, first.byteOffset, 8).getBigUint64(0, true));
  if (length <= MAX_HEADER_BYTES && 8 + length <= fileBytes) return length;
  const foreign = foreignFormat(first);
  if (foreign) throw new Qwen3Error('checkpoint', `readSafetensors: ${source} is ${foreign}`);
  if (length > MAX_HEADER_BYTES) fail(source, `announces a header of ${length} bytes`);
  return fail(source, `announces a header of ${length} bytes but has only ${fileBytes} in all`);
}

/**
 * Parses and checks the header as strictly as the Rust reader: UTF-8, JSON without repeated fields, known types,
 * sizes that fit their shapes, no gap and no overlap. A tensor named twice is refused unless both entries agree.
 */
export function parseHeader(
  source: string,
  bytes: Uint8Array,
  dataBytes: number,
): SafetensorsHeader {
  let json: string;
  try {
    json = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return fail(source, 'has a header that is not UTF-8');
  }
  const cursor = jsonCursor(json, (what) =>
    fail(source, `has a header that is not JSON of this format: ${what}`),
  );
  const header = readHeader(source, cursor, bytes.length);
  cursor.end();
  checkLayout(source, header.entries, dataBytes);
  return header;
}

function readHeader(source: string, cursor: JsonCursor, headerBytes: number): SafetensorsHeader {
  const most = Math.max(FREE_ENTRIES, headerBytes / BYTES_PER_ENTRY);
  const entries = new Map<string, SafetensorsEntry>();
  let metadata: Record<string, string> | undefined;
  const shared = new Map<string, number[]>();
  /** Layers have the same shapes: each is kept once. */
  const sharedShape = (entry: SafetensorsEntry): SafetensorsEntry => {
    const key = entry.shape.join();
    entry.shape = shared.get(key) ?? entry.shape;
    shared.set(key, entry.shape);
    return entry;
  };
  cursor.object((name) => {
    if (name === METADATA_KEY) {
      if (metadata) fail(source, `has ${METADATA_KEY} twice in its header`);
      metadata = readMetadata(source, cursor, most);
      return;
    }
    const entry = sharedShape(readEntry(source, name, cursor));
    const earlier = entries.get(name);
    if (earlier && showEntry(earlier) !== showEntry(entry)) {
      fail(source, `describes the tensor ${showValue(name)} twice, and differently`);
    }
    entries.set(name, entry);
    if (entries.size > most) {
      fail(source, `describes more than ${entries.size - 1} tensors in ${headerBytes} bytes`);
    }
  });
  return { entries, metadata: metadata ?? {} };
}

const showEntry = ({ dtype, shape, begin, end }: SafetensorsEntry): string =>
  `${dtype} ${shape} ${begin} ${end}`;

function readMetadata(source: string, cursor: JsonCursor, most: number): Record<string, string> {
  const metadata: Record<string, string> = {};
  if (cursor.next() === 'n') {
    cursor.skip();
    return metadata;
  }
  if (cursor.next() !== '{') fail(source, `has ${METADATA_KEY} that is not an object of texts`);
  let count = 0;
  cursor.object((key) => {
    if (cursor.next() !== '"')
      fail(source, `has ${METADATA_KEY} whose ${showValue(key)} is no text`);
    const value = cursor.text();
    if (key !== '__proto__') metadata[key] = value;
    else Object.defineProperty(metadata, key, { value, enumerable: true, configurable: true });
    if (++count > most) fail(source, `has more than ${count - 1} texts in ${METADATA_KEY}`);
  });
  return metadata;
}

function readEntry(source: string, name: string, cursor: JsonCursor): SafetensorsEntry {
  let dtype: string | undefined;
  let shape: number[] | undefined;
  let offsets: number[] | undefined;
  cursor.object((field) => {
    if (field === 'dtype') {
      if (dtype !== undefined) failTwice(source, name, field);
      dtype = cursor.text();
    } else if (field === 'shape') {
      if (shape) failTwice(source, name, field);
      shape = readCounts(source, cursor);
    } else if (field === 'data_offsets') {
      if (offsets) failTwice(source, name, field);
      offsets = readCounts(source, cursor);
    } else cursor.skip();
  });
  if (!dtype || !shape || offsets?.length !== 2) {
    return fail(source, `has no valid dtype, shape and data_offsets for ${showValue(name)}`);
  }
  const [begin, end] = offsets as [number, number];
  return checkedEntry(source, name, { dtype, shape, begin, end });
}

function failTwice(source: string, name: string, field: string): never {
  return fail(source, `gives ${showValue(name)} the field ${field} twice`);
}

function readCounts(source: string, cursor: JsonCursor): number[] {
  const counts: number[] = [];
  cursor.list(() => {
    if (counts.push(cursor.count()) > MAX_DIMENSIONS) {
      fail(source, `has a tensor of more than ${MAX_DIMENSIONS} dimensions`);
    }
  });
  return counts.slice(); // what was pushed to has room for more
}

function checkedEntry(
  source: string,
  name: string,
  { dtype, shape, begin, end }: Omit<SafetensorsEntry, 'dtype'> & { dtype: string },
): SafetensorsEntry {
  if (!Object.hasOwn(BITS_PER_VALUE, dtype)) {
    fail(
      source,
      `gives ${showValue(name)} the type ${showValue(dtype)}, which the format does not know`,
    );
  }
  const bits = BITS_PER_VALUE[dtype as SafetensorsDtype];
  let size = 1;
  for (const count of shape) {
    size *= count;
    if (!Number.isSafeInteger(size) || !Number.isSafeInteger(count)) {
      fail(source, `gives ${showValue(name)} the impossible shape ${showValue(shape)}`);
    }
  }
  const expected = (size * bits) / 8;
  if (end - begin !== expected) {
    fail(
      source,
      `gives ${name} ${end - begin} bytes, ${showValue(shape)} of ${dtype} needs ${expected}`,
    );
  }
  const known = DTYPES.find((name) => name === dtype)!; // not a piece of the header of its own
  return { dtype: known, shape, begin, end };
}

function checkLayout(
  source: string,
  entries: Map<string, SafetensorsEntry>,
  dataBytes: number,
): void {
  const sorted = [...entries.values()].sort((a, b) => a.begin - b.begin || a.end - b.end);
  let position = 0;
  for (const entry of sorted) {
    const { begin, end } = entry;
    if (begin !== position) {
      const [name] = [...entries].find(([, other]) => other === entry)!; // it is one of them
      if (begin < position)
        fail(source, `has overlapping offsets: ${name} begins at ${begin}, before ${position}`);
      fail(source, `leaves the bytes ${position} to ${begin} before ${name} unused`);
    }
    position = end;
  }
  if (position > dataBytes) {
    fail(source, `is truncated: its tensors end at byte ${position}, only ${dataBytes} are there`);
  }
  if (position < dataBytes) fail(source, `has ${dataBytes - position} bytes after the last tensor`);
}

function fail(source: string, what: string): never {
  throw new Qwen3Error(
    'checkpoint',
    `readSafetensors: ${source} ${what}. The file is damaged or incomplete: copy or download it again.`,
  );
}
