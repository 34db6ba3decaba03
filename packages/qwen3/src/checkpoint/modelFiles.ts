import { basename, dirname, join, readFile, stat } from '#platform';
import { Qwen3Error } from '../base/errors.ts';
import { fileError } from './fileError.ts';
import { filePath, isWebAddress } from './filePath.ts';
import { parseJsonObject, readJson } from './readJson.ts';
import { exists, requireFiles } from './requireFiles.ts';
import { existsOnWeb, fetchWhole } from './webBytes.ts';

/** Where the files of a model lie: in a folder of this machine or of the web. */
export interface ModelFiles {
  /** Set where the caller named one file of weights instead of a folder. */
  readonly weights: string | undefined;
  /** The folder, on this machine. */
  readonly folder: string | undefined;
  /** Path or address of a file of it. */
  at(name: string): string;
  has(name: string): Promise<boolean>;
  json(name: string): Promise<Record<string, unknown>>;
  /** A small file; undefined where there is none. */
  text(name: string): Promise<string | undefined>;
  /** @throws {Qwen3Error} that says what the folder holds instead. */
  require(name: string): Promise<void>;
}

/** @param source - a folder or a `.safetensors` file in it: a path, a `file:` URL or an `http(s):` address. */
export async function modelFiles(caller: string, source: string | URL): Promise<ModelFiles> {
  return isWebAddress(source) ? webFiles(caller, String(source)) : localFiles(caller, source);
}

/** A folder may be called like a file. */
export const isFolder = (path: string | URL): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );

async function localFiles(caller: string, source: string | URL): Promise<ModelFiles> {
  const path = filePath(caller, source);
  const isFile = await stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
  if (isFile && !path.endsWith('.safetensors')) {
    throw new Qwen3Error(
      'option',
      `${caller}: ${path} is a file. Give the folder it lies in, or a file model.safetensors.`,
    );
  }
  const folder = isFile ? dirname(path) : path;
  return {
    weights: isFile ? basename(path) : undefined,
    folder,
    at: (name) => join(folder, name),
    has: (name) => exists(join(folder, name)),
    json: (name) => readJson(caller, join(folder, name)),
    text: (name) => readText(caller, join(folder, name)),
    require: (name) => requireFiles(caller, folder, { kind: 'model', files: [name] }),
  };
}

async function readText(caller: string, path: string): Promise<string | undefined> {
  if (!(await exists(path))) return undefined;
  try {
    return new TextDecoder().decode(await readFile(path));
  } catch (cause) {
    throw fileError(caller, path, cause);
  }
}

function webFiles(caller: string, source: string): ModelFiles {
  const address = new URL(source);
  const file = /[^/]+\.safetensors$/.exec(address.pathname)?.[0];
  const base = file ? new URL('.', address) : new URL(address);
  if (!base.pathname.endsWith('/')) base.pathname += '/';
  const at = (name: string): string => {
    const place = new URL(encodeURIComponent(name), base);
    place.search = address.search; // a key, where the server wants one
    return place.href;
  };
  const small = new Map<string, Promise<Uint8Array | undefined>>();
  const whole = (name: string): Promise<Uint8Array | undefined> => {
    const found = small.get(name) ?? fetchWhole(caller, at(name));
    small.set(name, found);
    return found;
  };
  const absent = (name: string): never => {
    throw new Qwen3Error(
      'io',
      `${caller}: ${at(name)}: the server answered 404. There is no such file: check the address, which must be that of the model's folder.`,
    );
  };
  const isThere = async (name: string): Promise<boolean> =>
    name.endsWith('.json') ? (await whole(name)) !== undefined : existsOnWeb(caller, at(name));
  return {
    weights: file,
    folder: undefined,
    at,
    has: isThere,
    async json(name) {
      return parseJsonObject(caller, at(name), (await whole(name)) ?? absent(name));
    },
    async text(name) {
      const bytes = await whole(name);
      return bytes && new TextDecoder().decode(bytes);
    },
    async require(name) {
      if (!(await isThere(name))) absent(name);
    },
  };
}
