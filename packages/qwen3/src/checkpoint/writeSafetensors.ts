import { narrow } from '@molrl/tensor-gpu';
import { Qwen3Error } from '../base/errors.ts';
import { checkOptionNames } from '../base/optionChecks.ts';
import { showValue } from '../base/showValue.ts';
import { filePath } from './filePath.ts';
import type { StoredTensor } from './readSafetensors.ts';
import { METADATA_KEY } from './safetensorsHeader.ts';
import { checkWeightDtype, type WeightDtype } from './weightDtype.ts';
import { writeFileAtomically } from './writeFileAtomically.ts';

export interface WriteSafetensorsOptions {
  /** How f32 data is stored. bfloat16 halves the file and rounds to 8 significant bits. Default `'float32'`. */
  dtype?: WeightDtype | undefined;
}

/**
 * Writes a safetensors file, atomically. Tensors are sorted by name, so equal tensors give equal bytes;
 * the metadata is `{ format: 'pt' }`, which PyTorch's loaders ask for. NaN and infinities are stored as they are.
 *
 * @param path - text or a `file:` URL.
 * @throws {Qwen3Error} `shape` if a tensor's data does not fill its shape, `option` if its data is neither a
 * Float32Array nor an Int32Array, its name cannot be stored, or an option or `dtype` is unknown, `io` if the file system refuses.
 */
export async function writeSafetensors(
  path: string | URL,
  tensors: Record<string, StoredTensor>,
  options: WriteSafetensorsOptions = {},
): Promise<void> {
  const file = filePath('writeSafetensors', path);
  checkOptionNames('writeSafetensors', options, ['dtype']);
  const { dtype = 'float32' } = options;
  checkWeightDtype('writeSafetensors', dtype);
  if (typeof tensors !== 'object' || tensors === null) {
    throw new Qwen3Error(
      'option',
      `writeSafetensors: tensors must be an object of name -> { shape, data }, got ${showValue(tensors)}.`,
    );
  }
  for (const [name, tensor] of Object.entries(tensors)) checkTensor(name, tensor);
  await writeTensors(
    file,
    Object.entries(tensors).map(([name, { shape, data }]) => ({
      name,
      shape,
      stored: storedType(data, dtype),
      values: async () => data,
    })),
  );
}

/** A tensor that is written: its values are asked for when its turn comes. */
export interface TensorToWrite {
  name: string;
  shape: number[];
  stored: 'I32' | 'F32' | 'BF16';
  values(): Promise<Float32Array | Int32Array>;
}

/** Bytes of a tensor in a file. */
export const storedBytes = ({ shape, stored }: Pick<TensorToWrite, 'shape' | 'stored'>): number =>
  shape.reduce((product, n) => product * n, 1) * (stored === 'BF16' ? 2 : 4);

/** {@link writeSafetensors} for tensors that are fetched one at a time. What they throw leaves no file behind. */
export async function writeTensors(file: string, tensors: readonly TensorToWrite[]): Promise<void> {
  const sorted = [...tensors].sort((a, b) => (a.name < b.name ? -1 : 1));
  let position = 0;
  const entries = sorted.map(({ name, shape, stored }) => {
    const begin = position;
    position += storedBytes({ shape, stored });
    return [name, { dtype: stored, shape, data_offsets: [begin, position] }];
  });
  const header = Object.fromEntries([[METADATA_KEY, { format: 'pt' }], ...entries]);
  await writeFileAtomically(file, fileChunks(JSON.stringify(header), sorted));
}

function storedType(data: StoredTensor['data'], dtype: WeightDtype): 'I32' | 'F32' | 'BF16' {
  if (data instanceof Int32Array) return 'I32';
  return dtype === 'bfloat16' ? 'BF16' : 'F32';
}

function checkTensor(name: string, tensor: StoredTensor): void {
  const fail = (code: 'option' | 'shape', what: string): never => {
    throw new Qwen3Error(code, `writeSafetensors: ${showValue(name)} ${what}`);
  };
  if (name === METADATA_KEY)
    fail('option', 'is the name of the metadata: call the tensor otherwise.');
  if (/\p{Surrogate}/u.test(name))
    fail('option', 'holds half a character, which cannot be written.');
  const { shape, data } = tensor ?? {};
  if (!(data instanceof Float32Array || data instanceof Int32Array)) {
    const kind = (data as object | null | undefined)?.constructor?.name ?? showValue(data);
    fail('option', `has data of the kind ${kind}, it must be a Float32Array or an Int32Array.`);
  }
  if (!Array.isArray(shape) || !shape.every((size) => Number.isSafeInteger(size) && size >= 0)) {
    fail('shape', `has the shape ${showValue(shape)}, it must be a list of whole numbers ≥ 0.`);
  }
  const size = shape.reduce((product, n) => product * n, 1);
  if (size !== data.length) {
    fail('shape', `has ${data.length} values, its shape ${showValue(shape)} asks for ${size}.`);
  }
}

async function* fileChunks(
  header: string,
  tensors: readonly TensorToWrite[],
): AsyncGenerator<Uint8Array> {
  const json = new TextEncoder().encode(header);
  const padded = Math.ceil(json.length / 8) * 8; // the data begins 8-byte aligned; the pad is spaces
  const head = new Uint8Array(8 + padded).fill(0x20);
  new DataView(head.buffer).setBigUint64(0, BigInt(padded), true);
  head.set(json, 8);
  yield head;
  for (const { stored, values } of tensors) {
    const data = await values();
    const bytes = stored === 'BF16' && data instanceof Float32Array ? narrow(data, 'bf16') : data;
    yield new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
}
