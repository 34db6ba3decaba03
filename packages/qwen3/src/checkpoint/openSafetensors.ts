import { widen } from '@molrl/tensor-gpu';
import { Qwen3Error } from '../base/errors.ts';
import { showValue } from '../base/showValue.ts';
import type { ByteSource } from './byteSource.ts';
import { fileError } from './fileError.ts';
import { openBytes } from './openBytes.ts';
import { headerLength, parseHeader, type SafetensorsEntry } from './safetensorsHeader.ts';

/** A safetensors file whose header was read and checked; tensors are read one at a time. */
export interface SafetensorsFile {
  /** Every tensor of the file, also of types that `read` does not take. */
  readonly entries: ReadonlyMap<string, SafetensorsEntry>;
  readonly metadata: Readonly<Record<string, string>>;
  /**
   * F32, BF16 and F16 come as f32 (exact), I32 as int32.
   *
   * @throws {Qwen3Error} `option` for a name that is not in the file and after `close`, `unsupported` for a tensor of
   * another type, `io` if the file system refuses.
   */
  read(name: string): Promise<Float32Array | Int32Array>;
  close(): Promise<void>;
}

/** Where a tensor's bytes lie in a file of this machine. */
export interface TensorPlace {
  path: string;
  offset: number;
}

/** {@link SafetensorsFile}, with the bytes themselves. */
export interface TensorFile extends SafetensorsFile {
  /** As stored, of any type. */
  bytes(name: string): Promise<Uint8Array<ArrayBuffer>>;
  /** Undefined for a file of the web. */
  place(name: string): TensorPlace | undefined;
}

/** Enough to recognise other formats by their first bytes. */
const FIRST_BYTES = 32;

/**
 * Opens a safetensors file. Nothing but the header is held in memory, so a checkpoint larger than
 * the largest array can be read tensor by tensor. Tensors of types that cannot be read (I64, F8, …) do not
 * block the others.
 *
 * @param path - text, a `file:` URL, or an `http(s):` address whose server answers range requests.
 * @throws {Qwen3Error} `io` if the file cannot be opened, `checkpoint` if it is truncated, has overlapping
 * offsets, sizes that contradict its shapes, or a header that the Rust reader would refuse.
 * @see https://github.com/huggingface/safetensors#format
 */
export function openSafetensors(path: string | URL): Promise<SafetensorsFile> {
  return openTensorFile(path);
}

/** {@link openSafetensors}, with the bytes themselves. */
export async function openTensorFile(path: string | URL): Promise<TensorFile> {
  const source = await openBytes('openSafetensors', path);
  try {
    const { name, size } = source;
    const first = await source.read(0, Math.min(FIRST_BYTES, size));
    const length = headerLength(name, first, size);
    const dataStart = 8 + length;
    const header = parseHeader(name, await source.read(8, length), size - dataStart);
    return openedFile(source, dataStart, header);
  } catch (cause) {
    await source.close();
    throw fileError('openSafetensors', source.name, cause);
  }
}

function openedFile(
  bytes: ByteSource,
  dataStart: number,
  header: Pick<SafetensorsFile, 'entries' | 'metadata'>,
): TensorFile {
  const { name: source } = bytes;
  let isOpen = true;
  const refuse = (code: 'option' | 'unsupported', what: string): never => {
    throw new Qwen3Error(code, `SafetensorsFile.read: ${source} ${what}`);
  };
  const entryOf = (tensor: string): SafetensorsEntry => {
    if (!isOpen) refuse('option', 'was closed. Read before close().');
    const entry = header.entries.get(tensor);
    if (entry) return entry;
    const known = showValue([...header.entries.keys()]);
    return refuse('option', `has no tensor ${showValue(tensor)}. It holds ${known}.`);
  };
  const bytesOf = async ({ begin, end }: SafetensorsEntry): Promise<Uint8Array<ArrayBuffer>> => {
    try {
      return await bytes.read(dataStart + begin, end - begin);
    } catch (cause) {
      throw fileError('SafetensorsFile.read', source, cause);
    }
  };
  return {
    ...header,
    async read(tensor) {
      const entry = entryOf(tensor);
      const decode = DECODERS[entry.dtype];
      if (!decode) {
        const known = Object.keys(DECODERS).join(', ');
        return refuse(
          'unsupported',
          `holds ${showValue(tensor)} as ${entry.dtype}, this version reads ${known}. ${WAY_OUT[entry.dtype] ?? 'Convert this tensor first.'}`,
        );
      }
      return decode((await bytesOf(entry)).buffer);
    },
    bytes: async (tensor) => bytesOf(entryOf(tensor)),
    place: (tensor) =>
      bytes.isLocal ? { path: source, offset: dataStart + entryOf(tensor).begin } : undefined,
    async close() {
      if (isOpen) await bytes.close();
      isOpen = false;
    },
  };
}

const QUANTISED =
  'Bytes alone do not say how they are scaled: loadModel reads the layouts that a config.json names; else save the model dequantised where it was quantised, or convert it to GGUF.';
/** Of types in which quantised weights are stored. */
const WAY_OUT: Partial<Record<SafetensorsEntry['dtype'], string>> = {
  ...{ I8: QUANTISED, U8: QUANTISED, F8_E4M3: QUANTISED, F8_E5M2: QUANTISED, F4: QUANTISED },
};

const DECODERS: Partial<
  Record<SafetensorsEntry['dtype'], (bytes: ArrayBuffer) => Float32Array | Int32Array>
> = {
  F32: (bytes) => new Float32Array(bytes),
  BF16: (bytes) => widen(new Uint8Array(bytes), 'bf16'),
  F16: (bytes) => widen(new Uint8Array(bytes), 'f16'),
  I32: (bytes) => new Int32Array(bytes),
};
