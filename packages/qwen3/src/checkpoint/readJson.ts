import { readFile } from 'node:fs/promises';
import { Qwen3Error } from '../errors.ts';
import { fileError } from './fileError.ts';

/** Reads a JSON file whose content is an object. @throws {Qwen3Error} `io`, `config` */
export async function readJson(
  functionName: string,
  path: string,
): Promise<Record<string, unknown>> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw fileError(functionName, path, cause);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new Qwen3Error(
      'config',
      `${functionName}: ${path} is not JSON: ${(cause as Error).message}.`,
      { cause },
    );
  }
  if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  throw new Qwen3Error(
    'config',
    `${functionName}: ${path} must hold an object, got ${text.slice(0, 20)}.`,
  );
}
