import { readFileSync } from 'node:fs';
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
