// A disk in memory: files by their whole path. What `putFiles` puts there stays a Blob, of which only pieces are read.
import type { OpenFile, Platform } from './platform.ts';

const disk = new Map<string, Blob>();

/** An error with the code of Node's, which `fileError` explains. */
function refuse(code: 'ENOENT' | 'EISDIR' | 'ENOTDIR' | 'EEXIST', path: string): never {
  throw Object.assign(new Error(`${code}: ${path}`), { code });
}

const isFolder = (path: string): boolean => {
  const inside = path === '/' ? '/' : `${path}/`;
  for (const name of disk.keys()) if (name.startsWith(inside)) return true;
  return false;
};

function fileAt(path: string): Blob {
  const whole = resolve(path);
  return disk.get(whole) ?? refuse(isFolder(whole) ? 'EISDIR' : 'ENOENT', path);
}

export const stat: Platform['stat'] = async (path) => {
  const whole = resolve(String(path));
  const [file, folder] = [disk.has(whole), isFolder(whole)];
  if (!file && !folder) refuse('ENOENT', whole);
  return { isFile: () => file, isDirectory: () => folder };
};

export const access: Platform['access'] = async (path) => {
  await stat(path);
};

/** Folders are there as soon as something lies in them. */
export const mkdir: Platform['mkdir'] = async () => undefined;
export const rmdir: Platform['rmdir'] = async () => undefined;
export const syncFolder: Platform['syncFolder'] = async () => undefined;

export const readdir: Platform['readdir'] = async (path) => {
  const whole = resolve(path);
  if (disk.has(whole)) refuse('ENOTDIR', path);
  const inside = whole === '/' ? '/' : `${whole}/`;
  const names = [...disk.keys()].flatMap((name) =>
    name.startsWith(inside) ? [name.slice(inside.length).split('/')[0]!] : [],
  );
  return names.length > 0 ? [...new Set(names)] : refuse('ENOENT', path);
};

export const readFile: Platform['readFile'] = async (path) =>
  new Uint8Array(await fileAt(path).arrayBuffer());

export const realpath: Platform['realpath'] = async (path) => {
  await stat(path);
  return resolve(path);
};

export const rename: Platform['rename'] = async (from, to) => {
  const file = fileAt(from);
  disk.delete(resolve(from));
  disk.set(resolve(to), file);
};

export const rm: Platform['rm'] = async (path, { recursive = false }) => {
  const whole = resolve(path);
  disk.delete(whole);
  if (!recursive) return;
  for (const name of [...disk.keys()]) if (name.startsWith(`${whole}/`)) disk.delete(name);
};

export const open: Platform['open'] = async (path, flags) => {
  if (flags === 'r') return reader(fileAt(path));
  const whole = resolve(path);
  return disk.has(whole) ? refuse('EEXIST', path) : writer(whole);
};

function reader(file: Blob): OpenFile {
  return {
    // biome-ignore lint/complexity/useMaxParams: Node's signature
    async read(into, offset, length, position) {
      const piece = await file.slice(position, position + length).arrayBuffer();
      into.set(new Uint8Array(piece), offset);
      return { bytesRead: piece.byteLength };
    },
    stat: async () => ({ size: file.size }),
    writeFile: async () => refuse('EEXIST', 'opened to be read'),
    sync: async () => undefined,
    close: async () => undefined,
  };
}

function writer(path: string): OpenFile {
  const chunks: (Uint8Array<ArrayBuffer> | Blob | string)[] = [];
  return {
    read: async () => refuse('ENOENT', path),
    stat: async () => ({ size: new Blob(chunks).size }),
    async writeFile(chunk: Uint8Array | Blob | string) {
      // bytes are copied: those of a shared heap are no part of a Blob, and what was read may be used again
      chunks.push(chunk instanceof Uint8Array ? new Uint8Array(chunk) : chunk);
    },
    sync: async () => undefined,
    async close() {
      disk.set(path, new Blob(chunks));
    },
  };
}

export const resolve: Platform['resolve'] = (path) => {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
};
export const join: Platform['join'] = (...parts) => parts.filter(Boolean).join('/');
export const basename: Platform['basename'] = (path) => resolve(path).split('/').at(-1)!;
export const dirname: Platform['dirname'] = (path) => resolve(`${path}/..`);
export const fileURLToPath: Platform['fileURLToPath'] = (url) => {
  throw new Error(`${url}: a browser has no files by address`);
};

export const canMap: Platform['canMap'] = false;

/** A Blob is a chunk as it is: it stays where it lies. */
export const piecesOf: Platform['piecesOf'] = (blob) => [blob];

export const matchingNames: Platform['matchingNames'] = (names, expression) =>
  names.filter((name) => expression.test(name));

export const randomHex: Platform['randomHex'] = (bytes) =>
  Array.from(crypto.getRandomValues(new Uint8Array(bytes)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
