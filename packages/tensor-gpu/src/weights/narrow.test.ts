import { expect, test } from 'vitest';
import { narrow } from './narrow.ts';
import type { StoredDtype } from './storedDtype.ts';
import { widen } from './widen.ts';

/** Two rows of 32 and what gguf-py 0.19.0 (`gguf.quants.quantize`) makes of them, little-endian in hexadecimal. */
const GOLDEN: Record<StoredDtype, string> = {
  f32: '864bbd3ece4b783fd830f33f062a91be091578be156da73e4999bd3f5a8249bfe5d8babf8385babf9b3642bf3160c23f35ed7b3e5b3410be4ef6cebe0929f23f306e8f3ffb68103f665f943f4baef03f3d3108bf40d12d3de1cb703cb17cd63f4031f3be2900abbf920da9bff893c1be7386e03f19ce65beeca6b53e3a105bbf0000e03f0000c43f00008e3f0000cc3f0000d63f000088bf0000383f000028bf0000f23f0000883e00005cbf000050bf0000e03e0000f23f000078bf0000983f0000b2bf0000943f0000f23f0000e03f0000f43f00006c3f0000bebf0000ca3f0000aebf0000d03f0000a83f0000703e0000a03e0000be3f0000b03f0000c0bf',
  bf16: 'bd3e783ff33f91be78bea73ebe3f4abfbbbfbbbf42bfc23f7c3e10becfbef23f8f3f103f943ff13f08bf2e3d713cd63ff3beabbfa9bfc2bee13f66beb63e5bbfe03fc43f8e3fcc3fd63f88bf383f28bff23f883e5cbf50bfe03ef23f78bf983fb2bf943ff23fe03ff43f6c3fbebfca3faebfd03fa83f703ea03ebe3fb03fc0bf',
  f16: 'ea35c23b9a3f89b4c1b33b35ed3d4cbad7bdd4bd12ba133edf3382b078b6913f7b3c8338a33c853f42b86f298623b43e9ab758bd48bd0db6043f2eb3ad35d9ba003f203e703c603eb03e40bcc03940b9903f4034e0ba80ba0037903fc0bbc03c90bda03c903f003fa03f603bf0bd503e70bd803e403d80330035f03d803d00be',
  q8_0: 'a92319417fedf01663cb9e9fcd6610f7e57e4b264d7edc030170e0a7a8e775f118c7af2375664a6a6fb930d47e12c7ca1d7ebf4fa34d7e757f3d9d69a56c571015635c9c',
  q4_0: '9ab336643009a987821baeeeeba217997ac0a0b3e1320311014ce51be0172c7b76202ce3',
  q4_1: '2b33d7bdc89bcff545787de34010135de866853f443300be0ecdfbeefeb20ae41fe8c38389dfd20c',
};

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'));
const values = widen(bytes(GOLDEN.f32), 'f32');

test.each(Object.entries(GOLDEN) as [StoredDtype, string][])(
  'narrow gives the bytes of gguf-py: %s',
  (dtype, hex) => {
    expect(Buffer.from(narrow(values, dtype)).toString('hex')).toBe(hex);
  },
);

test.each<[StoredDtype, number]>([
  ['bf16', 2 ** -8],
  ['f16', 2 ** -11],
  ['q8_0', 1 / 127],
  ['q4_0', 1 / 8],
  ['q4_1', 1 / 15],
])('what %s keeps is within a unit of its scale', (dtype, unit) => {
  const kept = widen(narrow(values, dtype), dtype);
  for (const [i, x] of values.entries()) expect(Math.abs(kept[i]! - x)).toBeLessThan(2 * unit);
});

test('f16: subnormals, the largest, infinity and NaN', () => {
  const given = Float32Array.of(
    2 ** -24,
    -(2 ** -26),
    65519,
    65520,
    -Infinity,
    Number.NaN,
    -0,
    2 ** -14 * (1 - 2 ** -13),
  );
  const expected = [2 ** -24, -0, 65504, Infinity, -Infinity, Number.NaN, -0, 2 ** -14];
  expect([...widen(narrow(given, 'f16'), 'f16')]).toEqual(expected);
});
