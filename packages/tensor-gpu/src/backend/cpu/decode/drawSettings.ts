import type { SamplingSettings } from '../../../sampling/samplingProbabilities.ts';
import type { Heap } from '../engine/heap.ts';

/** The words of DrawSettings in kernels/sampleTokens.c, in their order: what the sequences of a job have in common, then its own. */
const JOB_FIELDS = [
  'temperature',
  'topK',
  'topP',
  'minP',
  'repetitionPenalty',
  'presencePenalty',
  'frequencyPenalty',
] as const;
const OWN_FIELDS = [
  'seedLow',
  'seedHigh',
  'step',
  'seen',
  'history',
  'suppressed',
  'biases',
  'biasCount',
  'kept',
  'top',
  'topCount',
] as const;

export const DRAW_WORDS: number = JOB_FIELDS.length + OWN_FIELDS.length;
export const STEP_WORD: number = JOB_FIELDS.length + OWN_FIELDS.indexOf('step');

/** The words of all slots, as integers and as floats. */
export interface SettingsView {
  words: Uint32Array;
  floats: Float32Array;
}

export const settingsView = (heap: Heap, offset: number, slots: number): SettingsView => ({
  words: heap.u32(offset, slots * DRAW_WORDS),
  floats: heap.f32(offset, slots * DRAW_WORDS),
});

/** Writes a slot's words. */
export function writeDrawSettings(
  { words, floats }: SettingsView,
  slot: number,
  settings: {
    job: Record<(typeof JOB_FIELDS)[number], number>;
    own: Record<(typeof OWN_FIELDS)[number], number>;
  },
): void {
  let at = slot * DRAW_WORDS;
  for (const name of JOB_FIELDS) (name === 'topK' ? words : floats)[at++] = settings.job[name];
  for (const name of OWN_FIELDS) words[at++] = settings.own[name];
}

/** One bit for each id of a vocabulary, in words of 32. */
export function bitWords(vocabulary: number): number {
  return Math.ceil(vocabulary / 32);
}

/** Sets the bits of ids. */
export function setBits(words: Uint32Array, ids: Iterable<number>): void {
  for (const id of ids) words[id >>> 5] = words[id >>> 5]! | (1 << (id & 31));
}

/** The ids whose bits are set, ascending. */
export function idsOfBits(words: Uint32Array): number[] {
  const ids: number[] = [];
  for (const [index, word] of words.entries()) {
    for (let left = word; left !== 0; left &= left - 1)
      ids.push(index * 32 + 31 - Math.clz32(left & -left));
  }
  return ids;
}

/** What the sequences of a job share: bits of the ids that are never drawn, and biases. 0: none. */
export interface JobBlocks {
  suppressed: number;
  biases: number;
  free(): void;
}

/** Writes what the sequences of a job share into the heap, all or nothing. @throws {TensorGpuError} `out-of-memory` */
export function writeJobBlocks(
  heap: Heap,
  { suppressTokens, allowedTokenIds, logitBias }: SamplingSettings,
  vocabulary: number,
): JobBlocks {
  const blocks: number[] = [];
  const words = (count: number): Uint32Array => {
    const offset = heap.alloc(4 * count);
    blocks.push(offset);
    return heap.u32(offset, count).fill(0);
  };
  const free = () => {
    for (const block of blocks.splice(0)) heap.free(block);
  };
  try {
    let suppressed = 0;
    if (suppressTokens.length > 0 || allowedTokenIds !== null) {
      const bits = words(bitWords(vocabulary));
      if (allowedTokenIds !== null) {
        setBits(bits, allowedTokenIds);
        for (const [i, word] of bits.entries()) bits[i] = ~word;
        const last = vocabulary % 32;
        if (last > 0) bits[bits.length - 1] = bits.at(-1)! & (2 ** last - 1); // beyond the vocabulary is nothing
      }
      setBits(bits, suppressTokens);
      suppressed = bits.byteOffset;
    }
    let biases = 0;
    if (logitBias.length > 0) {
      const list = words(2 * logitBias.length);
      const values = heap.f32(list.byteOffset, list.length);
      for (const [i, [id, bias]] of logitBias.entries()) {
        list[2 * i] = id;
        values[2 * i + 1] = bias;
      }
      biases = list.byteOffset;
    }
    return { suppressed, biases, free };
  } catch (error) {
    free();
    throw error;
  }
}
