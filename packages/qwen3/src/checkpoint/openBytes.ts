import { canMap, open } from '#platform';
import type { OpenFile } from '../platform/platform.ts';
import type { ByteSource } from './byteSource.ts';
import { fileError } from './fileError.ts';
import { filePath, isWebAddress } from './filePath.ts';
import { openWebBytes } from './webBytes.ts';

/** @throws {Qwen3Error} `io` if it cannot be opened, `option` for what is no path and no address. */
export async function openBytes(caller: string, path: string | URL): Promise<ByteSource> {
  if (isWebAddress(path)) return openWebBytes(caller, String(path));
  const name = filePath(caller, path);
  let file: OpenFile | undefined;
  try {
    file = await open(name, 'r');
    const handle = file;
    const { size } = await handle.stat();
    return {
      name,
      isLocal: canMap,
      size,
      read: (position, length) => readAt(handle, position, length),
      close: () => handle.close(),
    };
  } catch (cause) {
    await file?.close();
    throw fileError(caller, name, cause);
  }
}

/** In pieces: one read call stops at 2 GiB. @throws if the file ends before. */
export async function readAt(
  file: OpenFile,
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
