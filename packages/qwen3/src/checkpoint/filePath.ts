import { fileURLToPath } from '#platform';
import { Qwen3Error } from '../base/errors.ts';
import { showValue } from '../base/showValue.ts';

/** Is it an address of the web, as text or URL? */
export const isWebAddress = (path: unknown): boolean =>
  path instanceof URL
    ? /^https?:$/.test(path.protocol)
    : typeof path === 'string' && /^https?:\/\//i.test(path);

/** A path as text, from text or a `file:` URL (also written as text). @throws {Qwen3Error} `option` for anything else. */
export function filePath(functionName: string, path: string | URL): string {
  const isUrl =
    path instanceof URL || (typeof path === 'string' && /^(file|https?):\/\//i.test(path));
  if (typeof path === 'string' && path !== '' && !path.includes('\0') && !isUrl) return path;
  try {
    if (isUrl) return fileURLToPath(path); // throws for the web, another host, and %2F
  } catch {}
  const what = path instanceof URL ? path.href : showValue(path);
  throw new Qwen3Error(
    'option',
    `${functionName}: the path must be text or a file: URL of this machine, got ${what}. Files of the web must be downloaded first.`,
  );
}

/** A path as text, or an address of the web as it is. @throws {Qwen3Error} `option` for anything else. */
export const pathOrAddress = (functionName: string, source: string | URL): string =>
  isWebAddress(source) ? String(source) : filePath(functionName, source);
