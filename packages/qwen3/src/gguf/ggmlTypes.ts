import type { StoredDtype } from '@molrl/tensor-gpu';
import { Qwen3Error } from '../base/errors.ts';
import { showValue } from '../base/showValue.ts';

/** How values lie in a tensor of a GGUF file: `blockSize` of them in `blockBytes`. */
export interface GgmlType {
  name: string;
  /** What the engine calls it, if its kernels read it as it is. */
  dtype?: StoredDtype;
  blockSize: number;
  blockBytes: number;
}

/** Types that can be read, by their number in the file. */
const READABLE: Record<number, GgmlType> = {
  0: { name: 'F32', dtype: 'f32', blockSize: 1, blockBytes: 4 },
  1: { name: 'F16', dtype: 'f16', blockSize: 1, blockBytes: 2 },
  2: { name: 'Q4_0', dtype: 'q4_0', blockSize: 32, blockBytes: 18 },
  3: { name: 'Q4_1', dtype: 'q4_1', blockSize: 32, blockBytes: 20 },
  6: { name: 'Q5_0', blockSize: 32, blockBytes: 22 },
  7: { name: 'Q5_1', blockSize: 32, blockBytes: 24 },
  8: { name: 'Q8_0', dtype: 'q8_0', blockSize: 32, blockBytes: 34 },
  12: { name: 'Q4_K', blockSize: 256, blockBytes: 144 },
  13: { name: 'Q5_K', blockSize: 256, blockBytes: 176 },
  14: { name: 'Q6_K', blockSize: 256, blockBytes: 210 },
  30: { name: 'BF16', dtype: 'bf16', blockSize: 1, blockBytes: 2 },
};

/** Names of the others, for the message that refuses them. */
const OTHERS: Record<number, string> = {
  9: 'Q8_1',
  10: 'Q2_K',
  11: 'Q3_K',
  15: 'Q8_K',
  16: 'IQ2_XXS',
  17: 'IQ2_XS',
  18: 'IQ3_XXS',
  19: 'IQ1_S',
  20: 'IQ4_NL',
  21: 'IQ3_S',
  22: 'IQ2_S',
  23: 'IQ4_XS',
  24: 'I8',
  25: 'I16',
  26: 'I32',
  27: 'I64',
  28: 'F64',
  29: 'IQ1_M',
  34: 'TQ1_0',
  35: 'TQ2_0',
  39: 'MXFP4',
  40: 'NVFP4',
};

/** @throws {Qwen3Error} `unsupported` for a type that cannot be read, `checkpoint` for a number that is none. */
export function ggmlType(caller: string, tensor: string, number: number): GgmlType {
  const type = READABLE[number];
  if (type) return type;
  const known = Object.values(READABLE).map(({ name }) => name);
  const other = OTHERS[number];
  if (other === undefined) {
    throw new Qwen3Error(
      'checkpoint',
      `${caller}: ${showValue(tensor)} has the type number ${number}, which is none of GGUF. The file is damaged.`,
    );
  }
  throw new Qwen3Error(
    'unsupported',
    `${caller}: ${showValue(tensor)} is stored as ${other}, this version reads ${known.join(', ')}. Take the file in one of these, or requantise it: llama-quantize --allow-requantize in.gguf out.gguf Q8_0.`,
  );
}

/** Types that can be written, with their numbers in the file and what the engine calls them. */
const WRITABLE = {
  F32: { number: 0, dtype: 'f32' },
  F16: { number: 1, dtype: 'f16' },
  BF16: { number: 30, dtype: 'bf16' },
  Q8_0: { number: 8, dtype: 'q8_0' },
} as const;

export type WrittenType = keyof typeof WRITABLE;

export const WRITTEN_TYPES = Object.keys(WRITABLE) as readonly WrittenType[];

export function ggmlTypeOf(
  name: WrittenType,
): GgmlType & { name: WrittenType; number: number; dtype: StoredDtype } {
  const { number, dtype } = WRITABLE[name];
  return { ...READABLE[number]!, name, number, dtype }; // every one of them can be read
}
