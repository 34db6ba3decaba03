import { Qwen3Error } from '../errors.ts';

/** Storage types this package reads. The format knows more; they are refused by name. */
export type SafetensorsDtype = 'F32' | 'BF16' | 'F16' | 'I32';

/** One tensor of a file: where its bytes lie, relative to the first byte after the header. */
export interface SafetensorsEntry {
  dtype: SafetensorsDtype;
  shape: number[];
  begin: number;
  end: number;
}

export const BYTES_PER_VALUE: Record<SafetensorsDtype, number> = {
  F32: 4,
  BF16: 2,
  F16: 2,
  I32: 4,
};

/** The format's own limit, so that a damaged length does not allocate the machine away. */
const MAX_HEADER_BYTES = 100_000_000;

/** Bytes of the JSON header, from the file's first 8 bytes (little-endian u64). */
export function headerLength(source: string, first8: Uint8Array, fileBytes: number): number {
  if (first8.length < 8) fail(source, `is ${fileBytes} bytes long, at least 8 are needed`);
  const view = new DataView(first8.buffer, first8.byteOffset, 8);
  const length = Number(view.getBigUint64(0, true));
  if (length > MAX_HEADER_BYTES) fail(source, `announces a header of ${length} bytes`);
  if (8 + length > fileBytes) {
    fail(source, `announces a header of ${length} bytes but has only ${fileBytes} in all`);
  }
  return length;
}

/** Parses and checks the JSON header: known types, sizes that fit their shapes, no gap and no overlap. */
export function parseHeader(
  source: string,
  json: string,
  dataBytes: number,
): { entries: Map<string, SafetensorsEntry>; metadata: Record<string, string> } {
  let header: Record<string, unknown>;
  try {
    header = JSON.parse(json) as Record<string, unknown>;
  } catch {
    return fail(source, 'has a header that is not JSON');
  }
  const { __metadata__: metadata = {}, ...rest } = header;
  const entries = new Map(
    Object.entries(rest).map(([name, value]) => [name, readEntry(source, name, value)]),
  );
  checkLayout(source, entries, dataBytes);
  return { entries, metadata: metadata as Record<string, string> };
}

function readEntry(source: string, name: string, value: unknown): SafetensorsEntry {
  const { dtype, shape, data_offsets: offsets } = (value ?? {}) as Record<string, unknown>;
  if (!isCounts(shape) || !isCounts(offsets) || offsets.length !== 2) {
    return fail(source, `has no valid shape and data_offsets for ${name}`);
  }
  const bytes = BYTES_PER_VALUE[dtype as SafetensorsDtype];
  if (bytes === undefined) {
    throw new Qwen3Error(
      'unsupported',
      `readSafetensors: ${name} has the type ${String(dtype)}, this version reads ${Object.keys(BYTES_PER_VALUE).join(', ')}. Convert ${source} first.`,
    );
  }
  const [begin, end] = offsets as [number, number];
  const expected = shape.reduce((product, size) => product * size, bytes);
  if (end - begin !== expected) {
    fail(source, `gives ${name} ${end - begin} bytes, [${shape}] of ${dtype} needs ${expected}`);
  }
  return { dtype: dtype as SafetensorsDtype, shape, begin, end };
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((x) => Number.isSafeInteger(x) && x >= 0);
}

function checkLayout(
  source: string,
  entries: Map<string, SafetensorsEntry>,
  dataBytes: number,
): void {
  const sorted = [...entries].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  let position = 0;
  for (const [name, { begin, end }] of sorted) {
    if (begin < position)
      fail(source, `has overlapping offsets: ${name} begins at ${begin}, before ${position}`);
    if (begin > position)
      fail(source, `leaves the bytes ${position} to ${begin} before ${name} unused`);
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
