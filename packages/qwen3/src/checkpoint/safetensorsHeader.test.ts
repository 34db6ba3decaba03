import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { Qwen3Error } from '../base/errors.ts';
import { headerLength, parseHeader } from './safetensorsHeader.ts';

interface Case {
  /** The whole file, in hex. */
  file: string;
  /** Sorted; null: refused. */
  names: string[] | null;
}

const golden = JSON.parse(
  readFileSync(new URL('../../fixtures/safetensorsHeaders.json', import.meta.url), 'utf8'),
) as { source: string; cases: Case[] };

function ours(hex: string): string[] | Qwen3Error {
  const bytes = Uint8Array.from(Buffer.from(hex, 'hex'));
  try {
    const length = headerLength('x', bytes.subarray(0, 32), bytes.length);
    const dataBytes = bytes.length - 8 - length;
    return [...parseHeader('x', bytes.subarray(8, 8 + length), dataBytes).entries.keys()].sort();
  } catch (error) {
    expect(error).toBeInstanceOf(Qwen3Error);
    return error as Qwen3Error;
  }
}

describe('600 damaged files', () => {
  test(`none is read that ${golden.source} refuses`, () => {
    const taken = golden.cases.filter(({ file, names }) => !names && Array.isArray(ours(file)));
    expect(taken).toEqual([]);
  });

  test('of those it takes, only tensors described twice in different ways are refused', () => {
    for (const { file, names } of golden.cases) {
      const answer = ours(file);
      if (!names) continue;
      if (Array.isArray(answer)) expect(answer).toEqual(names);
      else expect(answer.message).toMatch(/twice, and differently/);
    }
  });
});

describe('a header of many entries', () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void; // the flag above makes it
  const entry = '{"dtype":"F32","shape":[0],"data_offsets":[0,0]}';
  /** `length` bytes for each. */
  const header = (count: number, length: number): Uint8Array => {
    const lines = Array.from({ length: count }, (_, i) =>
      `"${i.toString(36).padStart(4, '0')}":${entry}`.padEnd(length - 1),
    );
    return new TextEncoder().encode(`{${lines.join(',')}}`);
  };

  test('is kept in less than 4 times its bytes, themselves included', () => {
    const bytes = header(66_000, 88); // behind a power of two, where the table has just doubled
    collect();
    const before = process.memoryUsage().heapUsed;
    const parsed = parseHeader('x', bytes, 0);
    collect();
    const kept = process.memoryUsage().heapUsed - before;
    expect(parsed.entries.size).toBe(66_000);
    expect((kept + bytes.length) / bytes.length).toBeLessThan(4);
    expect(kept).toBeGreaterThan(bytes.length); // or nothing was measured
  });

  test('is refused where its entries are too short for that, before all are read', () => {
    expect(() => parseHeader('x', header(40_000, 57), 0)).toThrow(
      /describes more than \d+ tensors in \d+ bytes/,
    );
    const texts = Array.from({ length: 40_000 }, (_, i) => `"${i}":"v"`).join(',');
    const metadata = new TextEncoder().encode(`{"__metadata__":{${texts}}}`);
    expect(() => parseHeader('x', metadata, 0)).toThrow('more than 16384 texts in __metadata__');
    expect(parseHeader('x', header(16_000, 57), 0).entries.size).toBe(16_000);
  });

  test('a name of __proto__ is one like others', () => {
    const json = '{"__metadata__":{"__proto__":"x"}}';
    const { metadata } = parseHeader('x', new TextEncoder().encode(json), 0);
    expect(Object.entries(metadata)).toEqual([['__proto__', 'x']]);
  });
});
