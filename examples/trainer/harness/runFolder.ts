import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

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

/** `runs/last` is the newest run in `runs`; a run elsewhere changes nothing. */
export async function linkLastRun(out: string): Promise<void> {
  const folder = resolve('runs');
  if (dirname(resolve(out)) !== folder) return;
  const link = join(folder, 'last');
  await rm(link, { force: true });
  await symlink(resolve(out), link, 'junction').catch(() => undefined); // a convenience: the run goes on without it
}
