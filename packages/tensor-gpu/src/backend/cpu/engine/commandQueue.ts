import { TensorGpuError } from '../../../base/errors.ts';
import type { Crew } from './crew.ts';
import type { Heap } from './heap.ts';
import { CONTROL_WORDS } from './poolWorkerData.ts';
import { CONTROL_BYTES } from './threadMemory.ts';

/** Room for some hundred commands: where it ends, the queue is waited for. */
const QUEUE_WORDS = 1 << 15;

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

  /** @param head - Kernel and chunks. */
  push(head: readonly [kernel: number, chunks: number], words: readonly number[]): void {
    const length = head.length + 1 + words.length;
    if (this.position + length > QUEUE_WORDS) this.drain();
    if (length > QUEUE_WORDS)
      throw new TensorGpuError('internal', `CommandQueue: ${words.length} words in one command.`);
    const { words: queue } = this;
    let at = this.position;
    queue[at++] = head[0];
    queue[at++] = head[1];
    queue[at++] = words.length;
    for (let i = 0; i < words.length; i++) queue[at++] = words[i]!;
    this.position = at;
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
