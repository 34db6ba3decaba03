import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Where a run goes that was given no `--out`. */
export const newRunFolder = (): string =>
  `runs/${new Date().toISOString().slice(0, 19).replaceAll(':', '-').replace('T', '_')}`;

/** Makes the folder, and finds out now rather than at the first checkpoint whether it can be written. */
export async function makeRunFolder(out: string): Promise<void> {
  await mkdir(out, { recursive: true });
  const probe = join(out, '.write-test');
  await writeFile(probe, 'x');
  await rm(probe);
}
