import type { StoredDtype } from '../../../weights/storedDtype.ts';
import { defineProgram, type Program, programFamily, type WordType } from './program.ts';

/** How an array of a frozen weight of that type is declared. */
export const storedWord = (dtype: StoredDtype): WordType => (dtype === 'f32' ? 'f32' : 'u32');

/** Of each type: an element `i` of words of 16 bits, `wordOf(array, n)` being the n-th; see `halfReads`. @see STORED_DTYPES */
const ELEMENTS: Record<Exclude<StoredDtype, 'f32'>, string> = {
  bf16: 'return bitcast<f32>(WORD(i) << 16u);',
  f16: 'return fromHalf(WORD(i));',
  q8_0: `
  let begin = i / 32u * 17u;
  let k = i % 32u;
  let byte = WORD(begin + 1u + k / 2u) >> (8u * (k % 2u));
  return fromHalf(WORD(begin)) * f32(bitcast<i32>(byte << 24u) >> 24u);`,
  q4_0: `
  let begin = i / 32u * 9u;
  let k = i % 16u;
  let byte = WORD(begin + 1u + k / 2u) >> (8u * (k % 2u));
  let q = (byte >> (i % 32u / 16u * 4u)) & 15u;
  return fromHalf(WORD(begin)) * (f32(q) - 8);`,
  q4_1: `
  let begin = i / 32u * 10u;
  let k = i % 16u;
  let byte = WORD(begin + 2u + k / 2u) >> (8u * (k % 2u));
  let q = (byte >> (i % 32u / 16u * 4u)) & 15u;
  return fromHalf(WORD(begin)) * f32(q) + fromHalf(WORD(begin + 1u));`,
};

/** WGSL: `<array>At(i)`, an element of an array as it is stored, exact. */
export function storedRead(array: string, dtype: StoredDtype): string {
  if (dtype === 'f32') return `fn ${array}At(i: u32) -> f32 { return ${array}[i]; }`;
  const body = ELEMENTS[dtype].replaceAll('WORD(', `${array}Word(`);
  return `
fn ${array}Word(n: u32) -> u32 { return (${array}[n / 2u] >> (16u * (n % 2u))) & 0xffffu; }
fn ${array}At(i: u32) -> f32 { ${body} }`;
}

/** A frozen weight in float32. */
export const widenProgram: (dtype: StoredDtype) => Program = programFamily((dtype: StoredDtype) =>
  defineProgram({
    name: `widen ${dtype}`,
    reads: { x: storedWord(dtype) },
    stored: { x: dtype },
    writes: { y: 'f32' },
    params: { size: 'u32' },
    declarations: storedRead('x', dtype),
    body: `
  let i = block * LANES + lane;
  if (i < params.size) { y[i] = xAt(i); }`,
  }),
);
