import { PAGE_POSITIONS } from '../../pageTree.ts';
import type { Sequence } from '../../sequence.ts';
import type { Heap } from '../engine/heap.ts';
import { bitWords, setBits } from './drawSettings.ts';

/** What a running sequence has in the heap beside its pages. */
export interface Seat {
  /** Offsets of its pages. */
  table: Uint32Array;
  /** Offset of the bits that the repetition penalty reads; 0: none. */
  seen: number;
  /** Ids of the completion, for presence and frequency penalty. */
  history: Uint32Array | undefined;
  /** Bits of the ids that the last token was drawn from. */
  kept: Uint32Array | undefined;
  /** The most probable ids at the last token. */
  top: Uint32Array | undefined;
  free(): void;
}

/** Allocates and fills it, all or nothing. @throws {TensorGpuError} `out-of-memory` */
export function takeSeat(heap: Heap, sequence: Sequence, vocabulary: number): Seat {
  const { job, prompt, drawn } = sequence;
  const { repetitionPenalty, presencePenalty, frequencyPenalty } = job.sampling;
  const blocks: number[] = [];
  const words = (count: number): Uint32Array => {
    const offset = heap.alloc(4 * count);
    blocks.push(offset);
    return heap.u32(offset, count);
  };
  const free = () => {
    for (const block of blocks.splice(0)) heap.free(block);
  };
  const wordsIf = (wanted: boolean, count: number) => (wanted ? words(count) : undefined);
  try {
    const table = words(Math.ceil(sequence.most / PAGE_POSITIONS));
    const seen = wordsIf(repetitionPenalty !== 1, bitWords(vocabulary))?.fill(0);
    if (seen !== undefined) for (const ids of [prompt, drawn]) setBits(seen, ids);
    const history = wordsIf(presencePenalty !== 0 || frequencyPenalty !== 0, job.maxTokens);
    history?.set(drawn);
    const kept = wordsIf(job.returnSamplingMask, bitWords(vocabulary));
    const top = wordsIf(job.topLogprobs > 0, 2 * job.topLogprobs);
    return { table, seen: seen?.byteOffset ?? 0, history, kept, top, free };
  } catch (error) {
    free();
    throw error;
  }
}
