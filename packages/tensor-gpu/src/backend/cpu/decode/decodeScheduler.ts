import { TensorGpuError } from '../../../base/errors.ts';
import { nextTurn } from '../../../base/nextTurn.ts';
import type { Completion, DecodeJob } from '../../decodeJob.ts';
import { PAGE_POSITIONS } from '../../pageTree.ts';
import { Sequence } from '../../sequence.ts';
import type { CpuKvCache } from './cpuKvCache.ts';
import { PREFILL_ROWS } from './decodeBuffers.ts';
import type { DecodeStep, PrefillRow } from './decodeStep.ts';
import type { JobBlocks } from './drawSettings.ts';

/** Milliseconds of work after which timers and abort listeners get their turn. */
const BREATH = 10;

interface RunningJob {
  job: DecodeJob;
  sequences: Sequence[];
  blocks: JobBlocks;
  /** Samples that have not ended, in all and of each prompt. */
  left: number;
  leftOfPrompt: Map<Int32Array, number>;
  /** Since the last report. */
  tokens: number;
  ended: number;
  resolve(completions: Completion[]): void;
  reject(error: unknown): void;
}

/** What a scheduler works with. */
export interface SchedulerParts {
  step: DecodeStep;
  cache: CpuKvCache;
  keepsCache: boolean;
  maxRows: number;
  writeBlocks(job: DecodeJob): JobBlocks;
}

/**
 * Which sequences are in flight. One waits until there is a slot and room for its pages; then the tokens that are not in
 * the cache are run through the layers (`filling`), and from then on every step draws its next token (`live`). A slot and
 * pages that become free are taken at once. Where pages run out, the youngest sequence goes back to the queue and is
 * computed again later: what it gets does not change.
 */
export class DecodeScheduler {
  private readonly parts: SchedulerParts;
  private readonly jobs = new Map<DecodeJob, RunningJob>();
  private waiting: Sequence[] = [];
  private filling: Sequence[] = [];
  private live: Sequence[] = [];
  private isRunning = false;
  /** Whether the last round drew tokens: then prompts are filled between steps, else before the first. */
  private hasDrawn = false;

  constructor(parts: SchedulerParts) {
    this.parts = parts;
  }

  sample(job: DecodeJob): Promise<Completion[]> {
    return new Promise((resolve, reject) => {
      const blocks = this.parts.writeBlocks(job);
      const sequences = Array.from(job.seeds, (_, sample) => new Sequence(job, sample));
      const leftOfPrompt = new Map<Int32Array, number>();
      for (const { prompt } of sequences)
        leftOfPrompt.set(prompt, (leftOfPrompt.get(prompt) ?? 0) + 1);
      const left = sequences.length;
      const started = { tokens: 0, ended: 0, resolve, reject };
      this.jobs.set(job, { job, sequences, blocks, left, leftOfPrompt, ...started });
      this.waiting.push(...sequences);
      if (!this.isRunning) void this.run();
    });
  }

  private async run(): Promise<void> {
    this.isRunning = true;
    const breathe = breather();
    try {
      while (this.jobs.size > 0) {
        this.admit();
        this.fill();
        this.draw();
        this.report();
        await breathe();
      }
    } catch (error) {
      for (const running of this.jobs.values()) this.fail(running, error);
    } finally {
      this.isRunning = false;
    }
  }

  /** Takes sequences from the queue while there is room. */
  private admit(): void {
    const { step, maxRows } = this.parts;
    this.reserve();
    while (this.waiting.length > 0 && step.hasFreeSlot && this.inFlight < maxRows) {
      const next = this.waiting[0]!;
      if (this.filling.some(({ prompt }) => prompt === next.prompt)) return; // its pages will serve this one too
      if (!this.place(next)) return;
      this.waiting.shift();
      const isFull = next.cached === next.length - 1;
      (isFull ? this.live : this.filling).push(next);
    }
  }

  private get inFlight(): number {
    return this.filling.length + this.live.length;
  }

  /** Rows and slots for what there is to do. */
  private reserve(): void {
    const { step, maxRows } = this.parts;
    const slots = Math.min(maxRows, this.inFlight + this.waiting.length);
    let tokens = 0;
    for (const { prompt } of this.waiting.slice(0, PREFILL_ROWS)) tokens += prompt.length;
    try {
      step.reserve({ slots, rows: Math.max(slots, Math.min(PREFILL_ROWS, tokens)) });
    } catch (error) {
      if (step.rows === 0) throw error; // else it goes on with those it has
    }
  }

  /** Gives a sequence the pages that are there, new ones for the rest, and a slot. */
  private place(sequence: Sequence): boolean {
    const { cache, step } = this.parts;
    const match = cache.prefixes.match(sequence.ids(sequence.length - 1));
    const { pages, length, partial } = match;
    const missing = Math.floor((sequence.length - 1) / PAGE_POSITIONS) + 1 - pages.length;
    // a page more for each in flight, so that nobody has to go soon
    const isAlone = this.inFlight === 0;
    const hasRoom = cache.makeRoom(missing + this.inFlight) || isAlone;
    const taken = hasRoom ? cache.take(missing) : undefined;
    if (taken === undefined) {
      cache.prefixes.release(match);
      if (isAlone) throw this.noRoom();
      return false;
    }
    if (partial !== undefined) {
      cache.pages.copyTo(partial, taken[0]!);
      cache.pages.release(partial);
    }
    sequence.pages = [...pages, ...taken];
    sequence.cached = length;
    cache.reused += length;
    try {
      step.seat(sequence, this.jobs.get(sequence.job)!.blocks);
    } catch (error) {
      this.release(sequence);
      if (isAlone) throw error;
      return false;
    }
    return true;
  }

  /** Runs one block of prompt tokens through the layers. */
  private fill(): void {
    const { step, cache } = this.parts;
    const rows: PrefillRow[] = [];
    for (const sequence of this.filling) {
      for (; sequence.cached < sequence.length - 1 && rows.length < step.rows; sequence.cached++)
        rows.push({ sequence, position: sequence.cached });
    }
    if (rows.length === 0) return;
    step.prefill(rows);
    cache.computed += rows.length;
    const isFull = (sequence: Sequence) => sequence.cached === sequence.length - 1;
    for (const sequence of this.filling.filter(isFull)) {
      cache.prefixes.insert(sequence.ids(sequence.cached), sequence.pages);
      this.live.push(sequence);
    }
    this.filling = this.filling.filter((sequence) => !isFull(sequence));
  }

  /** Draws the next token of every live sequence. */
  private draw(): void {
    const { step, cache } = this.parts;
    if (!this.hasDrawn && this.filling.length > 0) return; // the first step is worth waiting for
    for (const sequence of [...this.live]) this.makePage(sequence);
    const rows = this.live;
    this.hasDrawn = rows.length > 0;
    if (rows.length === 0) return;
    const drawn = step.draw(rows);
    cache.computed += rows.length;
    const failed = new Map<RunningJob, unknown>();
    const ended = new Set<Sequence>();
    for (const [row, sequence] of rows.entries()) {
      const running = this.jobs.get(sequence.job)!;
      sequence.cached++;
      if (failed.has(running)) continue;
      try {
        const token = drawn[row]!;
        const isLast = sequence.add(token, token.kept);
        running.tokens++;
        if (isLast) ended.add(sequence);
      } catch (error) {
        failed.set(running, error);
      }
    }
    if (ended.size > 0) this.live = rows.filter((sequence) => !ended.has(sequence));
    for (const sequence of ended) this.finish(sequence);
    for (const [running, error] of failed) this.fail(running, error);
  }

  /** Makes sure that a live sequence has a page for its last token; others may have to go for it. */
  private makePage(sequence: Sequence): void {
    const { cache, step } = this.parts;
    while (sequence.slot >= 0 && sequence.pages.length * PAGE_POSITIONS < sequence.length) {
      const isAlone = this.inFlight === 1;
      const page = cache.makeRoom(1) || isAlone ? cache.take(1) : undefined;
      if (page !== undefined) {
        step.addPage(sequence, page[0]!);
        return;
      }
      if (isAlone) throw this.noRoom();
      const youngest = this.filling.pop() ?? this.live.pop()!; // two are in flight
      this.release(youngest);
      this.waiting.unshift(youngest);
    }
  }

  private finish(sequence: Sequence): void {
    const { cache, keepsCache } = this.parts;
    const running = this.jobs.get(sequence.job)!;
    running.left--;
    running.ended++;
    const left = running.leftOfPrompt.get(sequence.prompt)! - 1;
    running.leftOfPrompt.set(sequence.prompt, left);
    if (keepsCache) cache.prefixes.insert(sequence.ids(sequence.cached), sequence.pages);
    this.release(sequence);
    if (!keepsCache && left === 0) cache.prefixes.forget(sequence.prompt.subarray(0, -1));
  }

  /** Gives back a sequence's slot and pages. */
  private release(sequence: Sequence): void {
    const { cache, step } = this.parts;
    if (sequence.slot >= 0) step.unseat(sequence);
    for (const page of sequence.pages) cache.pages.release(page);
    sequence.pages = [];
    sequence.cached = 0;
  }

  /** Tells each job how far it is, and the caller of one that has ended what it got. */
  private report(): void {
    for (const running of this.jobs.values()) {
      const { job, tokens, ended } = running;
      running.tokens = 0;
      running.ended = 0;
      try {
        job.onStep(tokens, ended);
      } catch (error) {
        this.fail(running, error);
        continue;
      }
      if (running.left > 0) continue;
      this.close(running);
      running.resolve(running.sequences.map((sequence) => sequence.completion()));
    }
  }

  private fail(running: RunningJob, error: unknown): void {
    const isOther = (sequence: Sequence) => sequence.job !== running.job;
    for (const sequence of [...this.filling, ...this.live])
      if (!isOther(sequence)) this.release(sequence);
    this.waiting = this.waiting.filter(isOther);
    this.filling = this.filling.filter(isOther);
    this.live = this.live.filter(isOther);
    this.close(running);
    running.reject(error);
  }

  private close({ job, blocks }: RunningJob): void {
    this.jobs.delete(job);
    blocks.free();
  }

  private noRoom(): TensorGpuError {
    const { pageBytes } = this.parts.cache.pages.layout;
    return new TensorGpuError(
      'out-of-memory',
      `generate: no room for the keys and values of one sequence, ${pageBytes} bytes for each ${PAGE_POSITIONS} tokens. ` +
        "Dispose tensors that are no longer needed, raise maxBytes of openCpu, or use cacheDtype 'bf16' or 'int8'.",
    );
  }
}

/** Lets the event loop turn, but only when the last time is long ago. */
function breather(): () => Promise<void> {
  let last = performance.now();
  return async () => {
    if (performance.now() - last < BREATH) return;
    await nextTurn();
    last = performance.now();
  };
}
