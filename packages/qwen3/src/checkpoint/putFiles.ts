import { join, piecesOf, readdir, readFile, rm, stat } from '#platform';
import { fileError } from './fileError.ts';
import { filePath } from './filePath.ts';
import { writeFileAtomically } from './writeFileAtomically.ts';

/**
 * Puts files where `loadModel`, `loadTokenizer`, `loadAdapter` and their kind find them: in Node into a folder of the disk, in a
 * browser into a folder in memory. There a `File` of a file picker stays on the user's disk, and is read piece by piece.
 *
 * @param folder - text, or in Node a `file:` URL. Files of the same names are replaced.
 * @throws {Qwen3Error} `io` if the folder cannot be written.
 *
 * @example
 * await putFiles('notes', { 'a.txt': 'one', 'b.bin': Uint8Array.of(1, 2) });
 * Object.keys(await getFiles('notes')); // ['a.txt', 'b.bin']
 * await removeFiles('notes');
 */
export async function putFiles(
  folder: string | URL,
  files: Readonly<Record<string, Blob | Uint8Array | string>>,
): Promise<void> {
  const path = filePath('putFiles', folder);
  for (const [name, content] of Object.entries(files))
    await writeFileAtomically(
      join(path, name),
      content instanceof Blob ? piecesOf(content) : [content],
    );
}

/**
 * The files of a folder, without those of its folders: what `saveModel` or `saveAdapter` wrote, to be downloaded in a browser.
 *
 * @throws {Qwen3Error} `io` if there is no such folder.
 */
export async function getFiles(folder: string | URL): Promise<Record<string, Blob>> {
  const path = filePath('getFiles', folder);
  try {
    const files: Record<string, Blob> = {};
    for (const name of (await readdir(path)).sort()) {
      const file = join(path, name);
      if ((await stat(file)).isFile()) files[name] = new Blob([await readFile(file)]);
    }
    return files;
  } catch (cause) {
    throw fileError('getFiles', path, cause);
  }
}

/** Removes a folder with all that lies in it; one that is not there is no error. */
export async function removeFiles(folder: string | URL): Promise<void> {
  const path = filePath('removeFiles', folder);
  await rm(path, { force: true, recursive: true });
}
