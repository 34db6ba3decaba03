import {
  basename,
  dirname,
  join,
  mkdir,
  open,
  randomHex,
  rename,
  resolve,
  rm,
  rmdir,
  syncFolder,
} from '#platform';
import { fileError } from './fileError.ts';

/**
 * Writes a file so that a reader sees either the old content or the whole new one, never a part:
 * temporary file in the same folder, fsync, rename, fsync of the folder. Missing folders are made.
 *
 * @param chunks - written one after the other, so that a large file needs no second copy in memory.
 * @throws {Qwen3Error} `io` if the file system refuses; the temporary file and folders made for it are removed, the old file stays.
 */
export async function writeFileAtomically(
  path: string,
  chunks: Iterable<Uint8Array | Blob | string> | AsyncIterable<Uint8Array | string>,
): Promise<void> {
  const folder = resolve(dirname(path));
  let made: string | undefined;
  const temporary = join(folder, `.${basename(path)}.${randomHex(6)}.tmp`);
  try {
    made = await mkdir(folder, { recursive: true });
    const file = await open(temporary, 'wx');
    try {
      for await (const chunk of chunks) await file.writeFile(chunk);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    await syncFolder(folder);
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => {});
    if (made !== undefined) await removeEmpty(folder, made);
    throw fileError('writeFileAtomically', path, cause);
  }
}

/** Folders that were made for nothing, from the inner to the outer one; a folder that is in use stays. */
async function removeEmpty(inner: string, outer: string): Promise<void> {
  for (let folder = inner; folder.startsWith(outer); folder = dirname(folder)) {
    await rmdir(folder).catch(() => {});
  }
}
