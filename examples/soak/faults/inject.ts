// Loaded before a program (--import): makes the disk, the rights or the clock fail, as FAULT says.
//   FAULT='{"path":"checkpoint-3-2","code":"ENOSPC"}'   writes to files whose path has that text
//   FAULT='{"clock":-86400000,"after":2000}'            the clock jumps, milliseconds
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

interface Fault {
  path?: string;
  code?: string;
  clock?: number;
  after?: number;
}

const { path, code, clock, after = 0 } = JSON.parse(process.env.FAULT ?? '{}') as Fault;

const failure = (file: string): NodeJS.ErrnoException =>
  Object.assign(new Error(`${code}: injected, write '${file}'`), { code, path: file });
const isHit = (file: unknown): file is string =>
  path !== undefined && typeof file === 'string' && file.includes(path);

const { open } = fs.promises;
fs.promises.open = async (file, ...rest) => {
  const handle = await open(file, ...rest);
  if (!isHit(file) || rest[0] === 'r' || rest[0] === undefined || typeof rest[0] === 'number')
    return handle;
  const fail = async (): Promise<never> => {
    throw failure(file);
  };
  return Object.assign(handle, { writeFile: fail, appendFile: fail, write: fail, writev: fail });
};

const files = new Map<number, string>();
const { openSync, writeSync } = fs;
fs.openSync = (file, ...rest) => {
  const handle = openSync(file, ...rest);
  files.set(handle, String(file));
  return handle;
};
fs.writeSync = ((handle: number, ...rest: [string]) => {
  const file = files.get(handle);
  if (isHit(file)) throw failure(file);
  return writeSync(handle, ...rest);
}) as typeof fs.writeSync; // passes on whatever came
syncBuiltinESMExports();

if (clock !== undefined) {
  const { now } = Date;
  const started = now();
  Date.now = () => (now() - started > after ? now() + clock : now());
}
