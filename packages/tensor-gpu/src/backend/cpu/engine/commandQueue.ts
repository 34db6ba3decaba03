import { TensorGpuError } from '../../../base/errors.ts';
import type { Crew } from './crew.ts';
import type { Heap } from './heap.ts';
import { CONTROL_WORDS } from './poolWorkerData.ts';
import { CONTROL_BYTES } from './threadMemory.ts';

/** Words of a command before its kernel's own: kernel, chunks, number of words. */
export const COMMAND_HEAD = 3;
/** Room for some hundred commands: where it ends, the queue is waited for. */
const QUEUE_WORDS = 1 << 15;

/** A kernel's id, its chunks, and its own words. */
export interface Command {
  kernel: number;
  chunks: number;
  words: readonly number[];
}

/** Writes a command as kernels/pool.c reads it. @returns Where the next one begins. */
export function writeCommand(
  to: Uint32Array,
  at: number,
  { kernel, chunks, words }: Command,
): number {
  to[at] = kernel;
  to[at + 1] = chunks;
  to[at + 2] = words.length;
  const first = at + COMMAND_HEAD;
  for (let i = 0; i < words.length; i++) to[first + i] = words[i]!;
  return first + words.length;
}

export interface QueueParts {
  heap: Heap;
  crew: Crew;
  /** Returns when every queued command is done: `drain_queue` of kernels/pool.c. */
  drainQueue(): void;
}

/** Commands that the workers compute while JavaScript prepares the next ones. They are done in order. */
export class CommandQueue {
  private readonly parts: QueueParts;
  private readonly control: Int32Array;
  private readonly offset: number;
  private readonly words: Uint32Array;
  private position = 0;
  private queued = 0;
  private isEmpty = true;

  constructor(parts: QueueParts) {
    const { heap, crew } = parts;
    this.parts = parts;
    this.control = heap.i32(crew.control, CONTROL_BYTES / 4);
    this.offset = heap.alloc(4 * QUEUE_WORDS, 'threads');
    this.words = heap.u32(this.offset, QUEUE_WORDS);
    Atomics.store(this.control, CONTROL_WORDS.next, this.offset);
  }

  push(command: Command): void {
    const length = COMMAND_HEAD + command.words.length;
    if (this.position + length > QUEUE_WORDS) this.drain();
    if (length > QUEUE_WORDS)
      throw new TensorGpuError('internal', `CommandQueue: ${length} words in one command.`);
    this.position = writeCommand(this.words, this.position, command);
    this.queued = (this.queued + 1) | 0;
    Atomics.store(this.control, CONTROL_WORDS.queued, this.queued);
    if (this.isEmpty) this.parts.crew.wake();
    this.isEmpty = false;
  }

  /** Waits until all is done, and helps. */
  drain(): void {
    if (this.isEmpty) return;
    this.parts.drainQueue();
    this.isEmpty = true;
    this.position = 0;
    Atomics.store(this.control, CONTROL_WORDS.next, this.offset);
    this.parts.crew.rest();
  }
}
