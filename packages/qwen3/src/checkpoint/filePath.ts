import { fileURLToPath } from 'node:url';
import { Qwen3Error } from '../errors.ts';
import { showValue } from '../showValue.ts';

/** A path as text, from text or a `file:` URL. @throws {Qwen3Error} `option` for anything else. */
export function filePath(functionName: string, path: string | URL): string {
  if (typeof path === 'string' && path !== '' && !path.includes('\0')) return path;
  if (path instanceof URL && path.protocol === 'file:') return fileURLToPath(path);
  const what = path instanceof URL ? path.href : showValue(path);
  throw new Qwen3Error(
    'option',
    `${functionName}: the path must be text or a file: URL, got ${what}. Files of the web must be downloaded first.`,
  );
}
