import type { WordType } from '../engine/program.ts';

/** WGSL's type of a tensor's elements. */
export const WORDS: Record<string, WordType> = { float32: 'f32', int32: 'i32', bool: 'i32' };
