// The page's own disk (OPFS): the checkpoint, and a model of one's own. Writers replace a file whole, or leave the old one.

const root = (): Promise<FileSystemDirectoryHandle> => navigator.storage.getDirectory();

const MODEL = 'model';

export async function writeFile(name: string, content: Blob): Promise<void> {
  const handle = await (await root()).getFileHandle(name, { create: true });
  await content.stream().pipeTo(await handle.createWritable());
}

/** Undefined if there is none. */
export async function readFile(name: string): Promise<File | undefined> {
  try {
    return await (await (await root()).getFileHandle(name)).getFile();
  } catch (error) {
    if ((error as DOMException).name === 'NotFoundError') return undefined;
    throw error;
  }
}

export async function removeFile(name: string): Promise<void> {
  await (await root()).removeEntry(name, { recursive: true }).catch(() => undefined); // there is none
}

/** Keeps the files of a model over a refresh; what was kept before goes. */
export async function keepModel(files: readonly File[]): Promise<void> {
  await removeFile(MODEL);
  const folder = await (await root()).getDirectoryHandle(MODEL, { create: true });
  for (const file of files) {
    const handle = await folder.getFileHandle(file.name, { create: true });
    await file.stream().pipeTo(await handle.createWritable());
  }
}

/** The model that was kept, if there is one. */
export async function keptModel(): Promise<File[]> {
  const files: File[] = [];
  try {
    const folder = await (await root()).getDirectoryHandle(MODEL);
    for await (const handle of folder.values())
      if (handle instanceof FileSystemFileHandle) files.push(await handle.getFile());
  } catch (error) {
    if ((error as DOMException).name !== 'NotFoundError') throw error;
  }
  return files;
}
