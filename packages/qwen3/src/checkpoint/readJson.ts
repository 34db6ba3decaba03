import { readFile } from '#platform';
import { Qwen3Error } from '../base/errors.ts';
import { showValue } from '../base/showValue.ts';
import { fileError } from './fileError.ts';
import { foreignFormat } from './foreignFormat.ts';

/** Far beyond what these files need (10); `JSON.parse` takes seconds and hundreds of megabytes for millions. */
const MAX_DEPTH = 500;

/** Reads a JSON file whose content is an object. @throws {Qwen3Error} `io`, `config` */
export async function readJson(
  functionName: string,
  path: string,
): Promise<Record<string, unknown>> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw fileError(functionName, path, cause);
  });
  return parseJsonObject(functionName, path, bytes);
}

/** The content of such a file. @throws {Qwen3Error} `config` */
export function parseJsonObject(
  functionName: string,
  path: string,
  bytes: Uint8Array,
): Record<string, unknown> {
  const text = new TextDecoder().decode(bytes);
  const fail = (what: string, cause?: unknown): never => {
    throw new Qwen3Error('config', `${functionName}: ${path} ${what}`, { cause });
  };
  const foreign = foreignFormat(bytes);
  if (foreign) fail(`is ${foreign}`);
  if (depth(text) > MAX_DEPTH) fail(`is nested more than ${MAX_DEPTH} levels deep: it is damaged.`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    return fail(`is not JSON: ${(cause as Error).message}.`, cause);
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  return fail(`must hold an object, got ${showValue(value)}.`);
}

/** Deepest nesting of brackets outside strings. */
function depth(text: string): number {
  let level = 0;
  let deepest = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (inString) {
      if (code === 0x5c) i++;
      else if (code === 0x22) inString = false;
    } else if (code === 0x22) inString = true;
    else if (code === 0x7b || code === 0x5b) deepest = Math.max(deepest, ++level);
    else if (code === 0x7d || code === 0x5d) level--;
  }
  return deepest;
}
