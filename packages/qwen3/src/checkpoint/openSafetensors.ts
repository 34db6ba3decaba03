import { type FileHandle, open } from 'node:fs/promises';
import { fileError } from './fileError.ts';
import { fromBfloat16, fromFloat16 } from './floatFormats.ts';
import { headerLength, parseHeader, type SafetensorsEntry } from './safetensorsHeader.ts';

/** A safetensors file whose header was read and checked; tensors are read one at a time. */
export interface SafetensorsFile {
  readonly entries: ReadonlyMap<string, SafetensorsEntry>;
  readonly metadata: Readonly<Record<string, string>>;
  /** F32, BF16 and F16 come as f32 (exact), I32 as int32. */
  read(name: string): Promise<Float32Array | Int32Array>;
  close(): Promise<void>;
}

/**
 * Opens a safetensors file. Nothing but the header is held in memory, so a checkpoint larger than
 * the largest array can be read tensor by tensor.
 *
 * @throws {Qwen3Error} `io` if the file cannot be opened, `checkpoint` if it is truncated, has overlapping
 * offsets or sizes that contradict its shapes, `unsupported` for a type other than F32, BF16, F16, I32.
 * @see https://github.com/huggingface/safetensors#format
 */
export async function openSafetensors(path: string): Promise<SafetensorsFile> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, 'r');
    const handle = file;
    const { size } = await handle.stat();
    const length = headerLength(path, await readBytes(handle, 0, Math.min(8, size)), size);
    const json = new TextDecoder().decode(await readBytes(handle, 8, length));
    const dataStart = 8 + length;
    const { entries, metadata } = parseHeader(path, json, size - dataStart);
    return {
      entries,
      metadata,
      async read(name) {
        const entry = entries.get(name);
        if (!entry) throw new Error(`openSafetensors: ${path} has no tensor ${name}`);
        const bytes = await readBytes(handle, dataStart + entry.begin, entry.end - entry.begin);
        return decode(entry, bytes);
      },
      close: () => handle.close(),
    };
  } catch (cause) {
    await file?.close();
    throw fileError('openSafetensors', path, cause);
  }
}

function decode({ dtype }: SafetensorsEntry, bytes: Uint8Array): Float32Array | Int32Array {
  const { buffer } = bytes;
  if (dtype === 'F32') return new Float32Array(buffer);
  if (dtype === 'I32') return new Int32Array(buffer);
  return dtype === 'BF16'
    ? fromBfloat16(new Uint16Array(buffer))
    : fromFloat16(new Uint16Array(buffer));
}

/** In pieces: one read call stops at 2 GiB. */
async function readBytes(file: FileHandle, position: number, length: number): Promise<Uint8Array> {
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
