import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Moments } from '../method/weights.ts';

/** What a run keeps to go on from: plain data, and named groups of tensors. */
export interface SavedState {
  header: Record<string, unknown>;
  groups: Record<string, Moments>;
}

/** A tensor in the header; without a dtype it is float32. */
interface StoredTensor {
  key: string;
  length: number;
  dtype?: 'uint8';
}

const MAGIC = 'MOLRL001';
const DIGEST_BYTES = 32;

/**
 * The bytes of a state.
 *
 *     file = magic, header length (u32), header (JSON), tensors (f32, or bytes), SHA-256 of all before
 */
export function encodeState({ header, groups }: SavedState): Buffer {
  const tensors: StoredTensor[] = [];
  const parts: Buffer[] = [];
  for (const [group, weights] of Object.entries(groups)) {
    for (const [name, values] of Object.entries(weights)) {
      const bytes = values instanceof Uint8Array ? { dtype: 'uint8' as const } : {};
      tensors.push({ key: `${group}|${name}`, length: values.length, ...bytes });
      parts.push(Buffer.from(values.buffer, values.byteOffset, values.byteLength));
    }
  }
  const json = Buffer.from(JSON.stringify({ ...header, tensors }));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(json.length);
  const body = [Buffer.from(MAGIC), length, json, ...parts];
  const hash = createHash('sha256');
  for (const part of body) hash.update(part);
  return Buffer.concat([...body, hash.digest()]);
}

/** Reads a state back. @returns Undefined if the file's checksum does not match its content. */
export const readState = async (file: string): Promise<SavedState | undefined> =>
  decodeState(await readFile(file));

/** The state of `encodeState`'s bytes. @returns Undefined if their checksum does not match. */
export function decodeState(content: Buffer): SavedState | undefined {
  const end = content.length - DIGEST_BYTES;
  const digest = createHash('sha256')
    .update(content.subarray(0, Math.max(0, end)))
    .digest();
  const whole =
    end >= 12 && content.toString('latin1', 0, 8) === MAGIC && digest.equals(content.subarray(end));
  return whole ? decode(content.subarray(0, end)) : undefined;
}

function decode(content: Buffer): SavedState {
  const headerEnd = 12 + content.readUInt32LE(8);
  const { tensors, ...header } = JSON.parse(content.toString('utf8', 12, headerEnd)) as {
    tensors: StoredTensor[];
  }; // the checksum vouches for it
  const groups: Record<string, Moments> = {};
  let offset = headerEnd;
  for (const { key, length, dtype } of tensors) {
    const cut = key.lastIndexOf('|');
    const group = groups[key.slice(0, cut)] ?? {};
    groups[key.slice(0, cut)] = group;
    const end = offset + (dtype === 'uint8' ? length : 4 * length);
    const bytes = Uint8Array.from(content.subarray(offset, end)); // aligned copy
    group[key.slice(cut + 1)] = dtype === 'uint8' ? bytes : new Float32Array(bytes.buffer);
    offset = end;
  }
  return { header, groups };
}
