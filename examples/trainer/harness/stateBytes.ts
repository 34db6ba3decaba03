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

export const MAGIC = 'MOLRL001';
/** Bytes before the header. */
const PREFIX = MAGIC.length + 4;

/** The bytes of a state, in parts: magic, header length (u32), header (JSON), tensors (f32, or bytes). */
export function bytesOfState({ header, groups }: SavedState): Uint8Array[] {
  const tensors: StoredTensor[] = [];
  const parts: Uint8Array[] = [];
  for (const [group, weights] of Object.entries(groups)) {
    for (const [name, values] of Object.entries(weights)) {
      const bytes = values instanceof Uint8Array ? { dtype: 'uint8' as const } : {};
      tensors.push({ key: `${group}|${name}`, length: values.length, ...bytes });
      parts.push(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    }
  }
  const encoder = new TextEncoder();
  const json = encoder.encode(JSON.stringify({ ...header, tensors }));
  const prefix = new Uint8Array(PREFIX);
  prefix.set(encoder.encode(MAGIC));
  new DataView(prefix.buffer).setUint32(MAGIC.length, json.length, true);
  return [prefix, json, ...parts];
}

/** The state of `bytesOfState`'s bytes, whatever follows them: something must have vouched for them. */
export function stateOfBytes(content: Uint8Array): SavedState {
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  const headerEnd = PREFIX + view.getUint32(MAGIC.length, true);
  const json = new TextDecoder().decode(content.subarray(PREFIX, headerEnd));
  const { tensors, ...header } = JSON.parse(json) as { tensors: StoredTensor[] }; // written above
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
