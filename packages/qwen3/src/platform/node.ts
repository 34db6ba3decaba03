import { randomBytes } from 'node:crypto';
import * as files from 'node:fs/promises';
import * as paths from 'node:path';
import * as urls from 'node:url';
import { runInNewContext } from 'node:vm';
import type { Platform } from './platform.ts';

export const access: Platform['access'] = files.access;
export const mkdir: Platform['mkdir'] = files.mkdir;
export const open: Platform['open'] = files.open as Platform['open']; // it is given no Blob: see piecesOf
export const readdir: Platform['readdir'] = (path) => files.readdir(path);
export const readFile: Platform['readFile'] = (path) => files.readFile(path);
export const realpath: Platform['realpath'] = (path) => files.realpath(path);
export const rename: Platform['rename'] = files.rename;
export const rm: Platform['rm'] = files.rm;
export const rmdir: Platform['rmdir'] = files.rmdir;
export const stat: Platform['stat'] = (path) => files.stat(path);

export const basename: Platform['basename'] = (path) => paths.basename(path);
export const dirname: Platform['dirname'] = paths.dirname;
export const join: Platform['join'] = paths.join;
export const resolve: Platform['resolve'] = (path) => paths.resolve(path);
export const fileURLToPath: Platform['fileURLToPath'] = urls.fileURLToPath;

/** Windows cannot open a folder; there the rename is journaled anyway. */
export const syncFolder: Platform['syncFolder'] = async (path) => {
  if (process.platform === 'win32') return;
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};

export const canMap: Platform['canMap'] = true;

export const piecesOf: Platform['piecesOf'] = (blob) => blob.stream();

export const matchingNames: Platform['matchingNames'] = (names, expression, { timeout }) => {
  const script = 'names.filter((name) => expression.test(name))';
  return [...(runInNewContext(script, { names, expression }, { timeout }) as string[])];
};

export const randomHex: Platform['randomHex'] = (bytes) => randomBytes(bytes).toString('hex');
