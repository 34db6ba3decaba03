import { Qwen3Error } from '../base/errors.ts';
import { showValue } from '../base/showValue.ts';
import type { GgufFile } from './openGguf.ts';

/** Reads values of a file's metadata by type; of a wrong one says key, value and file. */
export interface MetadataReader {
  number(key: string): number | undefined;
  requiredNumber(key: string): number;
  text(key: string): string | undefined;
  flag(key: string): boolean | undefined;
  list<T extends 'string' | 'number'>(key: string, type: T): ListOf<T> | undefined;
}

type ListOf<T> = readonly (T extends 'string' ? string : number)[];

/** @param file - its path is for messages. */
export function metadataReader(
  caller: string,
  { path, metadata }: Pick<GgufFile, 'path' | 'metadata'>,
): MetadataReader {
  const fail = (key: string, expected: string): never => {
    const found = metadata.has(key) ? `is ${showValue(metadata.get(key))}` : 'is missing';
    throw new Qwen3Error(
      'checkpoint',
      `${caller}: ${path}: ${key} ${found}, ${expected} was expected. The file is damaged, or not of a language model.`,
    );
  };
  const single = (key: string, type: string): unknown => {
    const value = metadata.get(key);
    return value === undefined || typeof value === type ? value : fail(key, `a ${type}`); // biome-ignore format: one line
  };
  return {
    number: (key) => shortest(single(key, 'number') as number | undefined),
    requiredNumber: (key) => shortest(single(key, 'number') as number) ?? fail(key, 'a number'),
    text: (key) => single(key, 'string') as string | undefined,
    flag: (key) => single(key, 'boolean') as boolean | undefined,
    list<T extends 'string' | 'number'>(key: string, type: T) {
      const value = metadata.get(key);
      if (value === undefined) return undefined;
      if (!Array.isArray(value) || value.some((item) => typeof item !== type)) fail(key, `a list`);
      return value as ListOf<T>; // every item was looked at
    },
  };
}

/** The shortest decimal with the same f32: what was 1e-5 in `config.json` comes as 9.999999747378752e-6. */
function shortest<T extends number | undefined>(value: T): T {
  if (value === undefined || Number.isInteger(value) || Math.fround(value) !== value) return value;
  for (let digits = 1; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return short as T;
  }
  return value;
}
