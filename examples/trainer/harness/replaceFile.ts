import { constants } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { exists } from '../base/exists.ts';

/**
 * Writes a file that appears whole or not at all: a temporary file, flushed to disk, then renamed. What a failed write
 * left is removed.
 *
 * @param keepAs - Name under which the file that was there before is kept.
 */
export async function replaceFile(
  file: string,
  content: Uint8Array | string,
  keepAs?: string,
): Promise<void> {
  const temporary = `${file}.tmp`;
  try {
    const handle = await open(temporary, 'w');
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    await rm(temporary, { force: true }); // nothing half-written stays
    throw error;
  }
  if (keepAs !== undefined && (await exists(file))) await rename(file, keepAs);
  await rename(temporary, file);
  await syncFolder(dirname(file));
}

/** Makes the renames durable; not every system can open a folder. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY).catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}
