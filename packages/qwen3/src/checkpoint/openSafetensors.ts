import { type FileHandle, open } from 'node:fs/promises';
import { Qwen3Error } from '../base/errors.ts';
import { showValue } from '../base/showValue.ts';
import { fileError } from './fileError.ts';
import { filePath } from './filePath.ts';
import { fromBfloat16, fromFloat16 } from './floatFormats.ts';
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

/** Enough to recognise other formats by their first bytes. */
const FIRST_BYTES = 32;

/**
 * Opens a safetensors file. Nothing but the header is held in memory, so a checkpoint larger than
 * the largest array can be read tensor by tensor. Tensors of types that cannot be read (I64, F8, …) do not
 * block the others.
 *
 * @param path - text or a `file:` URL.
 * @throws {Qwen3Error} `io` if the file cannot be opened, `checkpoint` if it is truncated, has overlapping
 * offsets, sizes that contradict its shapes, or a header that the Rust reader would refuse.
 * @see https://github.com/huggingface/safetensors#format
 */
export async function openSafetensors(path: string | URL): Promise<SafetensorsFile> {
  const source = filePath('openSafetensors', path);
  let file: FileHandle | undefined;
  try {
    file = await open(source, 'r');
    const handle = file;
    const { size } = await handle.stat();
    const first = await readBytes(handle, 0, Math.min(FIRST_BYTES, size));
    const length = headerLength(source, first, size);
    const dataStart = 8 + length;
    const header = parseHeader(source, await readBytes(handle, 8, length), size - dataStart);
    return openedFile(source, handle, dataStart, header);
  } catch (cause) {
    await file?.close();
    throw fileError('openSafetensors', source, cause);
  }
}

function openedFile(
  source: string,
  handle: FileHandle,
  dataStart: number,
  header: Pick<SafetensorsFile, 'entries' | 'metadata'>,
): SafetensorsFile {
  let isOpen = true;
  const refuse = (code: 'option' | 'unsupported', what: string): never => {
    throw new Qwen3Error(code, `SafetensorsFile.read: ${source} ${what}`);
  };
  return {
    ...header,
    async read(name) {
      if (!isOpen) refuse('option', 'was closed. Read before close().');
      const entry = header.entries.get(name);
      if (!entry) {
        const known = showValue([...header.entries.keys()]);
        return refuse('option', `has no tensor ${showValue(name)}. It holds ${known}.`);
      }
      const decode = DECODERS[entry.dtype];
      if (!decode) {
        const known = Object.keys(DECODERS).join(', ');
        return refuse(
          'unsupported',
          `holds ${showValue(name)} as ${entry.dtype}, this version reads ${known}. Convert this tensor first.`,
        );
      }
      try {
        const bytes = await readBytes(handle, dataStart + entry.begin, entry.end - entry.begin);
        return decode(bytes.buffer);
      } catch (cause) {
        throw fileError('SafetensorsFile.read', source, cause);
      }
    },
    async close() {
      if (isOpen) await handle.close();
      isOpen = false;
    },
  };
}

const DECODERS: Partial<
  Record<SafetensorsEntry['dtype'], (bytes: ArrayBuffer) => Float32Array | Int32Array>
> = {
  F32: (bytes) => new Float32Array(bytes),
  BF16: (bytes) => fromBfloat16(new Uint16Array(bytes)),
  F16: (bytes) => fromFloat16(new Uint16Array(bytes)),
  I32: (bytes) => new Int32Array(bytes),
};

/** In pieces: one read call stops at 2 GiB. */
async function readBytes(
  file: FileHandle,
  position: number,
  length: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const piece = Math.min(length - done, 2 ** 30);
    const { bytesRead } = await file.read(bytes, done, piece, position + done);
    if (bytesRead === 0) throw new Error(`the file ended at byte ${position + done} while reading`);
    done += bytesRead;
  }
  return bytes;
}
