import type { DrawnToken, TopLogprob } from '../../decodeJob.ts';
import type { Sequence } from '../../sequence.ts';
import type { CpuProgram } from '../engine/cpuRuntime.ts';
import {
  allocateDecodeBuffers,
  type DecodeBuffers,
  type DecodeSize,
  DRAWN_WORDS,
} from './decodeBuffers.ts';
import { widestRank } from './decodeProducts.ts';
import { type DecodeRun, runDecodeHead, runDecodeLayers } from './decodeProgram.ts';
import {
  DRAW_WORDS,
  idsOfBits,
  type JobBlocks,
  type SettingsView,
  STEP_WORD,
  settingsView,
  writeDrawSettings,
} from './drawSettings.ts';
import { type Seat, takeSeat } from './seat.ts';

/** A row of a prefill: the token of a sequence at a position. */
export interface PrefillRow {
  sequence: Sequence;
  position: number;
}

/** What a row has drawn, and which ids it was drawn from, where its job asks. */
export interface DrawnRow extends Omit<DrawnToken, 'sample' | 'stop'> {
  kept: readonly number[];
}

/** Of every row that nothing was asked of: an array each would be half of what a step allocates. */
const NONE: never[] = [];

/** Heap views of the buffers. */
interface Views {
  live: Uint32Array;
  tokens: Int32Array;
  positions: Uint32Array;
  rowSlots: Uint32Array;
  tables: Uint32Array;
  settings: SettingsView;
  drawnIds: Int32Array;
  drawnLogprobs: Float32Array;
}

/**
 * One step of the model for whatever sequences are put in its rows. A sequence has a slot while it runs; rows are filled
 * anew for every step. The recorded programs read the number of live rows from the heap, so each is recorded once.
 */
export class DecodeStep {
  private readonly run: Omit<DecodeRun, 'buffers'>;
  private buffers: DecodeBuffers | undefined;
  private programs: { prefill: CpuProgram; draw: CpuProgram } | undefined;
  private views: Views | undefined;
  private readonly seats: (Seat | undefined)[] = [];
  private readonly freeSlots: number[] = [];

  constructor(run: Omit<DecodeRun, 'buffers'>) {
    this.run = run;
  }

  get rows(): number {
    return this.buffers?.rows ?? 0;
  }

  get hasFreeSlot(): boolean {
    return this.freeSlots.length > 0;
  }

  /** Makes the buffers at least so large; sequences keep their slots. */
  reserve({ rows, slots }: DecodeSize): void {
    const now = this.buffers;
    if (now !== undefined && now.rows >= rows && now.slots >= slots) return;
    const { cpu, shape } = this.run;
    const size = { rows: Math.max(rows, this.rows), slots: Math.max(slots, now?.slots ?? 0) };
    const ranks = widestRank(this.run.offsets);
    const buffers = allocateDecodeBuffers(cpu.heap, shape, { ...size, ranks });
    const run = { ...this.run, buffers };
    const { at } = buffers;
    const views = {
      live: cpu.heap.u32(at.live, 1),
      tokens: cpu.heap.i32(at.tokens, size.rows),
      positions: cpu.heap.u32(at.positions, size.rows),
      rowSlots: cpu.heap.u32(at.rowSlots, size.rows),
      tables: cpu.heap.u32(at.tables, size.slots),
      settings: settingsView(cpu.heap, at.settings, size.slots),
      drawnIds: cpu.heap.i32(at.drawn, size.slots * DRAWN_WORDS),
      drawnLogprobs: cpu.heap.f32(at.drawn, size.slots * DRAWN_WORDS),
    };
    if (this.views !== undefined) {
      views.tables.set(this.views.tables);
      views.settings.words.set(this.views.settings.words);
    }
    try {
      const programs = {
        prefill: cpu.record(() => runDecodeLayers(run, 'prefill')),
        draw: cpu.record(() => {
          runDecodeLayers(run, 'decode');
          runDecodeHead(run);
        }),
      };
      this.freeBuffers();
      for (let slot = now?.slots ?? 0; slot < size.slots; slot++) this.freeSlots.push(slot);
      this.buffers = buffers;
      this.programs = programs;
      this.views = views;
    } catch (error) {
      buffers.free();
      throw error;
    }
  }

  /** Gives a sequence a slot and writes down how it is drawn. @throws {TensorGpuError} `out-of-memory` */
  seat(sequence: Sequence, shared: JobBlocks): void {
    const { heap } = this.run.cpu;
    const seat = takeSeat(heap, sequence, this.run.shape.vocabulary);
    const slot = this.freeSlots.pop()!; // the caller has asked hasFreeSlot
    this.seats[slot] = seat;
    sequence.slot = slot;
    this.views!.tables[slot] = seat.table.byteOffset;
    const { sampling, topLogprobs } = sequence.job;
    writeDrawSettings(this.views!.settings, slot, {
      job: sampling, // not spread into one object: with so many names that takes longer than all the rest
      own: {
        seedLow: sequence.seed % 2 ** 32,
        seedHigh: Math.floor(sequence.seed / 2 ** 32),
        step: 0,
        seen: seat.seen,
        history: seat.history?.byteOffset ?? 0,
        suppressed: shared.suppressed,
        biases: shared.biases,
        biasCount: sampling.logitBias.length,
        kept: seat.kept?.byteOffset ?? 0,
        top: seat.top?.byteOffset ?? 0,
        topCount: topLogprobs,
      },
    });
    for (const [index, page] of sequence.pages.entries()) seat.table[index] = page;
  }

  unseat(sequence: Sequence): void {
    this.seats[sequence.slot]?.free();
    this.seats[sequence.slot] = undefined;
    this.freeSlots.push(sequence.slot);
    sequence.slot = -1;
  }

  addPage(sequence: Sequence, page: number): void {
    this.seats[sequence.slot]!.table[sequence.pages.length] = page;
    sequence.pages.push(page);
  }

  /** Runs tokens through the layers: their keys and values are all that is kept. */
  prefill(rows: readonly PrefillRow[]): void {
    const views = this.views!;
    for (const [row, { sequence, position }] of rows.entries()) {
      views.tokens[row] = sequence.tokenAt(position);
      views.positions[row] = position;
      views.rowSlots[row] = sequence.slot;
    }
    views.live[0] = rows.length;
    this.programs!.prefill.run();
  }

  /** Feeds each sequence its last token and draws the next one. */
  draw(sequences: readonly Sequence[]): DrawnRow[] {
    const views = this.views!;
    const { settings } = views;
    for (const [row, sequence] of sequences.entries()) {
      const position = sequence.length - 1;
      views.tokens[row] = sequence.tokenAt(position);
      views.positions[row] = position;
      views.rowSlots[row] = sequence.slot;
      settings.words[sequence.slot * DRAW_WORDS + STEP_WORD] = sequence.drawn.length;
    }
    views.live[0] = sequences.length;
    this.programs!.draw.run();
    return sequences.map((sequence, row) => this.readRow(sequence, row));
  }

  dispose(): void {
    for (const seat of this.seats.splice(0)) seat?.free();
    this.freeBuffers();
  }

  private readRow(sequence: Sequence, row: number): DrawnRow {
    const { drawnIds, drawnLogprobs } = this.views!;
    const { history, kept, top } = this.seats[sequence.slot]!;
    const id = drawnIds[row * DRAWN_WORDS]!;
    if (history !== undefined) history[sequence.drawn.length] = id;
    return {
      id,
      logprob: drawnLogprobs[row * DRAWN_WORDS + 1]!,
      behaviorLogprob: drawnLogprobs[row * DRAWN_WORDS + 2]!,
      top:
        top === undefined ? NONE : readTop(this.run.cpu.heap.f32(top.byteOffset, top.length), top),
      kept: kept === undefined ? NONE : idsOfBits(kept),
    };
  }

  private freeBuffers(): void {
    for (const program of Object.values(this.programs ?? {})) program.dispose();
    this.buffers?.free();
  }
}

function readTop(logprobs: Float32Array, ids: Uint32Array): TopLogprob[] {
  return Array.from({ length: ids.length / 2 }, (_, i) => ({
    id: ids[2 * i]!,
    logprob: logprobs[2 * i + 1]!,
  }));
}
