import { Qwen3Error } from '../errors.ts';
import { toBfloat16 } from './floatFormats.ts';
import type { StoredTensor } from './readSafetensors.ts';
import { writeFileAtomic } from './writeFileAtomic.ts';

export interface WriteSafetensorsOptions {
  /** How f32 data is stored. bfloat16 halves the file and rounds to 8 significant bits. Default `'float32'`. */
  dtype?: 'float32' | 'bfloat16';
}

/**
 * Writes a safetensors file, atomically. Tensors are sorted by name, so equal tensors give equal bytes;
 * the metadata is `{ format: 'pt' }`, which PyTorch's loaders ask for.
 *
 * @throws {Qwen3Error} `shape` if a tensor's data does not fill its shape, `io` if the file system refuses.
 */
export async function writeSafetensors(
  path: string,
  tensors: Record<string, StoredTensor>,
  options: WriteSafetensorsOptions = {},
): Promise<void> {
  const { dtype = 'float32' } = options;
  const header: Record<string, unknown> = { __metadata__: { format: 'pt' } };
  const names = Object.keys(tensors).sort();
  let position = 0;
  for (const name of names) {
    const { shape, data } = tensors[name]!;
    const size = shape.reduce((product, n) => product * n, 1);
    if (size !== data.length) {
      throw new Qwen3Error(
        'shape',
        `writeSafetensors: ${name} has ${data.length} values, its shape [${shape}] asks for ${size}.`,
      );
    }
    const isHalf = dtype === 'bfloat16' && data instanceof Float32Array;
    const end = position + data.length * (isHalf ? 2 : 4);
    const stored = data instanceof Float32Array ? 'F32' : 'I32';
    header[name] = { dtype: isHalf ? 'BF16' : stored, shape, data_offsets: [position, end] };
    position = end;
  }
  await writeFileAtomic(path, fileChunks(header, names, tensors, dtype));
}

function* fileChunks(
  header: Record<string, unknown>,
  names: string[],
  tensors: Record<string, StoredTensor>,
  dtype: 'float32' | 'bfloat16',
): Generator<Uint8Array> {
  const json = new TextEncoder().encode(JSON.stringify(header));
  const padded = Math.ceil(json.length / 8) * 8; // the data begins 8-byte aligned; the pad is spaces
  const head = new Uint8Array(8 + padded).fill(0x20);
  new DataView(head.buffer).setBigUint64(0, BigInt(padded), true);
  head.set(json, 8);
  yield head;
  for (const name of names) {
    const { data } = tensors[name]!;
    const stored = dtype === 'bfloat16' && data instanceof Float32Array ? toBfloat16(data) : data;
    yield new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength);
  }
}
