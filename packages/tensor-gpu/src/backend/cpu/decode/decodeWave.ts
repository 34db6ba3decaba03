import { TensorGpuError } from '../../../base/errors.ts';
import type { Completion, DecodeJob } from '../../decodeJob.ts';
import type { CpuProgram } from '../engine/runtime.ts';
import { allocateDecodeBuffers, type DecodeBuffers } from './decodeBuffers.ts';
import {
  type DecodeRun,
  runDecodeCopies,
  runDecodeHead,
  runDecodeLayers,
} from './decodeProgram.ts';

/** Prompt tokens that go through the layers together. */
const PREFILL_ROWS = 256;

/** Prompts that are sampled together: a part of a job. */
export interface Wave extends Omit<DecodeJob, 'shape' | 'weights' | 'sampling' | 'cacheBytes'> {
  /** Index of the first prompt in the whole request, for messages. */
  firstPrompt: number;
}

/**
 * The memory of a wave and what is done with it. A slot is a sequence and keeps its cache in place; a
 * row is a token in flight: of a prompt while prefilling, then of each live sequence. Rows of finished
 * sequences are closed up; the recorded programs read the number of live rows from the heap, so each is
 * recorded once.
 */
export class DecodeWave {
  /** Sequences, P * G. */
  readonly slots: number;
  private readonly wave: Wave;
  private readonly run: DecodeRun;
  private readonly buffers: DecodeBuffers;
  private readonly programs: { prefill: CpuProgram; head: CpuProgram; step: CpuProgram };
  private readonly live: Uint32Array;
  private readonly rowTokens: Int32Array;
  private readonly rowPositions: Uint32Array;
  private readonly rowSlots: Uint32Array;
  private readonly hidden: Float32Array;
  private readonly counts: Uint32Array;
  private readonly ids: Int32Array;
  private readonly logprobs: Float32Array;
  private readonly samplingLogprobs: Float32Array;
  /** Sequences that `shouldStop` has ended. */
  private readonly stopped = new Set<number>();
  /** Hidden row of each prompt's last token. */
  private readonly lastHidden: Float32Array[] = [];

  constructor(run: Omit<DecodeRun, 'buffers'>, wave: Wave) {
    const { prompts, numGenerations, maxTokens } = wave;
    const { cpu, shape } = run;
    const lengths = prompts.map(({ length }) => length);
    const promptTokens = lengths.reduce((sum, length) => sum + length, 0);
    this.slots = prompts.length * numGenerations;
    this.wave = wave;
    this.buffers = allocateDecodeBuffers(cpu.heap, shape, {
      rows: Math.max(this.slots, Math.min(PREFILL_ROWS, promptTokens)),
      slots: this.slots,
      layers: run.offsets.layers.length,
      positions: Math.max(...lengths) + maxTokens,
      maxTokens,
    });
    this.run = { ...run, buffers: this.buffers };
    try {
      this.programs = {
        prefill: cpu.record(() => runDecodeLayers(this.run, 'prefill')),
        head: cpu.record(() => runDecodeHead(this.run)),
        step: cpu.record(() => {
          runDecodeLayers(this.run, 'decode');
          runDecodeHead(this.run);
        }),
      };
    } catch (error) {
      this.buffers.free();
      throw error;
    }
    const { at, rows } = this.buffers;
    this.live = cpu.heap.u32(at.live, 1);
    this.rowTokens = cpu.heap.i32(at.tokens, rows);
    this.rowPositions = cpu.heap.u32(at.positions, rows);
    this.rowSlots = cpu.heap.u32(at.rowSlots, rows);
    this.hidden = cpu.heap.f32(at.hidden, rows * shape.hidden);
    this.counts = cpu.heap.u32(at.counts, this.slots).fill(0);
    this.ids = cpu.heap.i32(at.ids, this.slots * maxTokens);
    this.logprobs = cpu.heap.f32(at.logprobs, this.slots * maxTokens);
    this.samplingLogprobs = cpu.heap.f32(at.samplingLogprobs, this.slots * maxTokens);
    this.writeSeeds();
    this.writeSeen();
    this.writeSuppressed();
  }

  /** Runs the prompts through the layers, token after token without padding; yields after each block. */
  *prefill(): Generator<void> {
    const { prompts, numGenerations } = this.wave;
    let filled = 0;
    for (const [prompt, ids] of prompts.entries()) {
      for (const [position, id] of ids.entries()) {
        this.rowTokens[filled] = id;
        this.rowPositions[filled] = position;
        this.rowSlots[filled] = prompt * numGenerations;
        filled++;
        const isLast = prompt === prompts.length - 1 && position === ids.length - 1;
        if (filled < this.buffers.rows && !isLast) continue;
        this.prefillBlock(filled);
        filled = 0;
        yield;
      }
    }
  }

  /** Gives every sample its prompt's cache and draws its first token. */
  start(): void {
    const { prompts, numGenerations } = this.wave;
    const copies: number[] = [];
    for (let slot = 0; slot < this.slots; slot++) {
      const prompt = Math.floor(slot / numGenerations);
      const { length } = prompts[prompt]!;
      const first = prompt * numGenerations;
      if (slot !== first) copies.push(first, slot, length);
      this.rowSlots[slot] = slot;
      this.rowPositions[slot] = length - 1; // drawing a token moves on to the next position
      this.hidden.set(this.lastHidden[prompt]!, slot * this.run.shape.hidden);
    }
    runDecodeCopies(this.run, copies);
    this.live[0] = this.slots;
    this.programs.head.run();
  }

  /** The next token of every live row. */
  step(): void {
    this.programs.step.run();
  }

  /**
   * Drops the rows of sequences that have ended.
   *
   * @returns Tokens drawn by the last step, sequences that it ended, and those still live.
   * @throws {TensorGpuError} `not-finite` if a row's logits were NaN or all infinite.
   */
  closeUp(): { tokens: number; ended: number; live: number } {
    const { eosIds, maxTokens, shouldStop } = this.wave;
    const tokens = this.live[0]!;
    let kept = 0;
    for (let row = 0; row < tokens; row++) {
      const slot = this.rowSlots[row]!;
      const count = this.counts[slot]!;
      const id = this.ids[slot * maxTokens + count - 1]!;
      if (id < 0) this.throwNotFinite(slot, count - 1);
      const start = slot * maxTokens;
      const isEos = eosIds.has(id);
      if (!isEos && shouldStop?.(this.ids.slice(start, start + count))) this.stopped.add(slot);
      if (isEos || this.stopped.has(slot) || count === maxTokens) continue;
      this.rowTokens[kept] = this.rowTokens[row]!;
      this.rowPositions[kept] = this.rowPositions[row]!;
      this.rowSlots[kept] = slot;
      kept++;
    }
    this.live[0] = kept;
    return { tokens, ended: tokens - kept, live: kept };
  }

  /** What was sampled, by slot. */
  completions(): Completion[] {
    const { maxTokens, eosIds } = this.wave;
    return Array.from(this.counts, (count, slot) => {
      const start = slot * maxTokens;
      const ids = Int32Array.from(this.ids.subarray(start, start + count));
      const logprobs = Float32Array.from(this.logprobs.subarray(start, start + count));
      const samplingLogprobs = this.samplingLogprobs.slice(start, start + count);
      const cut = this.stopped.has(slot) ? 'stop' : 'length';
      return { ids, logprobs, samplingLogprobs, stop: eosIds.has(ids[count - 1]!) ? 'eos' : cut };
    });
  }

  dispose(): void {
    for (const program of Object.values(this.programs)) program.dispose();
    this.buffers.free();
  }

  private prefillBlock(rows: number): void {
    const { prompts, numGenerations } = this.wave;
    const { hidden } = this.run.shape;
    this.live[0] = rows;
    this.programs.prefill.run();
    for (let row = 0; row < rows; row++) {
      const prompt = Math.floor(this.rowSlots[row]! / numGenerations);
      if (this.rowPositions[row] !== prompts[prompt]!.length - 1) continue;
      this.lastHidden[prompt] = this.hidden.slice(row * hidden, (row + 1) * hidden);
    }
  }

  private writeSeeds(): void {
    const words = this.run.cpu.heap.u32(this.buffers.at.seeds, 2 * this.slots);
    for (let slot = 0; slot < this.slots; slot++) {
      const seed = this.wave.seeds[slot]!;
      words[2 * slot] = seed % 2 ** 32;
      words[2 * slot + 1] = Math.floor(seed / 2 ** 32);
    }
  }

  /** One bit per id of the prompt, for the repetition penalty. */
  private writeSeen(): void {
    const { prompts, numGenerations } = this.wave;
    const stride = Math.ceil(this.run.shape.vocabulary / 32);
    const words = this.run.cpu.heap.u32(this.buffers.at.seen, this.slots * stride).fill(0);
    for (let slot = 0; slot < this.slots; slot++) {
      for (const id of prompts[Math.floor(slot / numGenerations)]!) {
        const word = slot * stride + (id >>> 5);
        words[word] = words[word]! | (1 << (id & 31));
      }
    }
  }

  private writeSuppressed(): void {
    const { cpu, shape, sampling } = this.run;
    const words = cpu.heap
      .u32(this.buffers.at.suppressed, Math.ceil(shape.vocabulary / 32))
      .fill(0);
    for (const id of sampling.suppressTokens) words[id >>> 5] = words[id >>> 5]! | (1 << (id & 31));
  }

  private throwNotFinite(slot: number, token: number): never {
    const { numGenerations, firstPrompt } = this.wave;
    const prompt = firstPrompt + Math.floor(slot / numGenerations);
    throw new TensorGpuError(
      'not-finite',
      `generate: logits of sample ${slot % numGenerations} of prompt ${prompt} at token ${token} are NaN or all infinite. ` +
        'Look for the first weight or update that is not finite.',
    );
  }
}
