import type { CacheDtype } from '../../kvCache.ts';

/** How the numbers of a head are kept, of a key or a value at a place: a cell of words of four bytes. */
export interface CellFormat {
  readonly words: number;
  /** WGSL: `<array>At(cell, d)`, a number of a cell of an array of words. */
  readonly read: (array: string) => string;
}

/** The format of heads of `width` numbers, an even number. */
export function cellFormat(dtype: CacheDtype, width: number): CellFormat {
  const words = { f32: width, bf16: width / 2, int8: 1 + Math.ceil(width / 4) }[dtype]; // int8: the scale is first
  return {
    words,
    read: (array) => `
fn ${array}At(cell: u32, d: u32) -> f32 {
  let at = cell * ${words}u;
  ${NUMBER[dtype].replaceAll('WORDS', array)}
}`,
  };
}

const NUMBER: Record<CacheDtype, string> = {
  f32: 'return bitcast<f32>(WORDS[at + d]);',
  bf16: 'return bitcast<f32>((WORDS[at + d / 2u] >> (16u * (d % 2u))) << 16u);',
  int8: `
  let byte = WORDS[at + 1u + d / 4u] >> (8u * (d % 4u));
  return bitcast<f32>(WORDS[at]) * f32(bitcast<i32>(byte << 24u) >> 24u);`,
};
