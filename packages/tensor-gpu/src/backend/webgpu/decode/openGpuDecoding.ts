import type { TensorInfo } from '@tensorflow/tfjs-core';
import { TensorGpuError } from '../../../base/errors.ts';
import type { Completion, DecodeEngine, DecodeJob, DecodeModel } from '../../decodeJob.ts';
import { PAGE_POSITIONS } from '../../pageTree.ts';
import { Sequence } from '../../sequence.ts';
import type { WebGpuBackend } from '../engine/webGpuBackend.ts';
import { drawNext } from './drawNext.ts';
import { GpuKvCache } from './gpuKvCache.ts';
import { runHead, runLayers, type StepModel, type StepRows } from './gpuLayers.ts';

/** Prompt tokens that go through the layers together. */
const PREFILL_ROWS = 256;

/** A prompt whose tokens but the last are made ready. */
interface Filling {
  prompt: Int32Array;
  /** Of all of them, held. */
  pages: number[];
  /** Tokens whose keys and values are there. */
  cached: number;
  /** A page that some more lie in, held, to be copied into the first page that is new. */
  partial: number | undefined;
}

/** Sequences that are sampled together. */
interface Wave {
  live: Sequence[];
  fillings: Filling[];
}

/** Pages for so many tokens. */
const pagesOf = (tokens: number): number => Math.ceil(tokens / PAGE_POSITIONS);

/**
 * Samples on the device. A job runs in waves of as many sequences as there is room for; a prompt of several samples runs
 * through the layers once. What a sample gets does not depend on the others, or on what the cache held.
 */
export function openGpuDecoding(backend: WebGpuBackend, model: DecodeModel): DecodeEngine {
  const makeCache = () => new GpuKvCache(backend, model);
  const shared = model.cache.open(backend, model.version, makeCache);
  const cache = shared ?? makeCache(); // another state of the weights is sampling with it
  const keepsCache = model.keepsCache && shared !== undefined;
  const { shape, weights } = model;
  const stepModel: StepModel = { backend, shape, weights, cacheDtype: model.cache.dtype };
  const sampler = { model: stepModel, cache, keepsCache, maxRows: model.maxRows };
  return {
    async sample(job) {
      const sequences = job.seeds.map((_, sample) => new Sequence(job, sample));
      const waiting = [...sequences];
      try {
        while (waiting.length > 0) await runWave(sampler, job, await takeWave(sampler, waiting));
      } finally {
        if (!keepsCache)
          for (const prompt of job.prompts) cache.prefixes.forget(prompt.subarray(0, -1));
      }
      return sequences.map((sequence): Completion => sequence.completion());
    },
    dispose: () => (shared === undefined ? cache.dispose() : model.cache.close()),
  };
}

/** What samples a job. */
interface Sampler {
  model: StepModel;
  cache: GpuKvCache;
  keepsCache: boolean;
  maxRows: number;
}

/** The next sequences for which there is room, with their pages; waits while other jobs have it. */
async function takeWave(sampler: Sampler, waiting: Sequence[]): Promise<Wave> {
  const { cache, maxRows } = sampler;
  for (;;) {
    const wave: Wave = { live: [], fillings: [] };
    while (wave.live.length < maxRows && waiting.length > 0) {
      if (!place(cache, wave, waiting[0]!)) break;
      wave.live.push(waiting.shift()!);
    }
    if (wave.live.length > 0) {
      cache.begin();
      return wave;
    }
    const later = cache.roomLater();
    if (later === undefined)
      throw new TensorGpuError(
        'out-of-memory',
        `generate: no room for the keys and values of one sequence of ${waiting[0]!.most} tokens, there are ${cache.most * PAGE_POSITIONS} places. Raise cacheBytes, ask for fewer tokens, or use cacheDtype 'bf16' or 'int8'.`,
      );
    await later;
  }
}

/** Gives a sequence its pages, and its prompt those that are not there; false: there is no room. */
function place(cache: GpuKvCache, wave: Wave, sequence: Sequence): boolean {
  const { pages, prefixes } = cache;
  const { prompt, job } = sequence;
  const prefix = prompt.length - 1;
  const common = Math.floor(prefix / PAGE_POSITIONS); // full pages, which all samples of the prompt share
  const own = pagesOf(prefix + job.maxTokens) - common;
  let filling = wave.fillings.find((other) => other.prompt === prompt);
  if (filling !== undefined) {
    if (!cache.makeRoom(own)) return false;
    cache.reused += prefix;
  } else {
    const match = prefixes.match(prompt.subarray(0, -1));
    const missing = pagesOf(prefix) - match.pages.length;
    const { partial, length: cached } = match;
    if (!cache.makeRoom(missing + own)) {
      prefixes.release(match);
      return false;
    }
    filling = { prompt, pages: [...match.pages, ...pages.take(missing)], cached, partial };
    wave.fillings.push(filling);
    cache.reused += cached;
  }
  const shared = filling.pages.slice(0, common).map((page) => pages.hold(page));
  sequence.pages = [...shared, ...pages.take(own)];
  return true;
}

async function runWave(sampler: Sampler, job: DecodeJob, wave: Wave): Promise<void> {
  const { model, cache, keepsCache } = sampler;
  const { pages, prefixes } = cache;
  const free = (sequence: Sequence) => {
    for (const page of sequence.pages) pages.release(page);
    sequence.pages = [];
  };
  let table: TensorInfo | undefined;
  try {
    pages.allocate(cache.most);
    const slots = new Map<Filling | Sequence, number>();
    for (const one of [...wave.fillings, ...wave.live]) slots.set(one, slots.size);
    table = pageTable(model, [...slots.keys()]);
    fillPrompts(sampler, wave, { table, slots });
    while (wave.live.length > 0) {
      const { live } = wave;
      const rows = stepRows(
        model,
        live.map((sequence): Row => {
          const position = sequence.length - 1; // of the last token, whose keys and values are not there yet
          return { token: sequence.tokenAt(position), position, slot: slots.get(sequence)! };
        }),
        table,
      );
      const logits = runHead(model, runLayers(model, rows.on, pages.layers));
      rows.free();
      cache.computed += live.length;
      const drawn = await drawNext(model, { logits, job, live });
      wave.live = live.filter((sequence, row) => {
        const { token, kept } = drawn[row]!;
        if (!sequence.add(token, kept)) return true;
        if (keepsCache) prefixes.insert(sequence.ids(sequence.length - 1), sequence.pages);
        free(sequence);
        return false;
      });
      job.onStep(live.length, live.length - wave.live.length);
    }
  } finally {
    wave.live.forEach(free);
    for (const filling of wave.fillings) prefixes.release(filling);
    if (table) model.backend.disposeData(table.dataId);
    cache.end();
  }
}

/** Runs the tokens of prompts that are not there through the layers, and gives each sequence the last page of its own. */
function fillPrompts(
  { model, cache }: Sampler,
  wave: Wave,
  { table, slots }: { table: TensorInfo; slots: ReadonlyMap<Filling | Sequence, number> },
): void {
  const { pages, prefixes } = cache;
  pages.copy(
    wave.fillings.flatMap(({ partial, cached, pages: own }) =>
      partial === undefined ? [] : [[partial, own[Math.floor(cached / PAGE_POSITIONS)]!] as const],
    ),
  );
  const rows = wave.fillings.flatMap((filling): Row[] => {
    const slot = slots.get(filling)!; // all have one
    return Array.from(filling.prompt.subarray(filling.cached, -1), (token, i) => {
      return { token, position: filling.cached + i, slot };
    });
  });
  for (let from = 0; from < rows.length; from += PREFILL_ROWS) {
    const part = stepRows(model, rows.slice(from, from + PREFILL_ROWS), table);
    const hidden = runLayers(model, part.on, pages.layers);
    model.backend.disposeData(hidden.dataId);
    part.free();
  }
  cache.computed += rows.length;
  pages.copy(
    wave.live.flatMap(({ prompt, pages: own }) => {
      const last = Math.floor((prompt.length - 1) / PAGE_POSITIONS);
      const filled = wave.fillings.find((filling) => filling.prompt === prompt)!.pages[last];
      return filled === undefined ? [] : [[filled, own[last]!] as const];
    }),
  );
  for (const filling of wave.fillings) {
    prefixes.insert(filling.prompt.slice(0, -1), filling.pages);
    prefixes.release(filling);
  }
  wave.fillings = [];
}

/** A token of a step. */
interface Row {
  token: number;
  position: number;
  slot: number;
}

/** The rows on the device. */
function stepRows(
  { backend }: StepModel,
  rows: readonly Row[],
  table: TensorInfo,
): { on: StepRows; free(): void } {
  const count = rows.length;
  const made: TensorInfo[] = [];
  const column = (shape: number[], values: readonly number[]): TensorInfo => {
    const tensor = backend.makeTensorInfo(shape, 'int32', Int32Array.from(values));
    made.push(tensor);
    return tensor;
  };
  const on = {
    ...{ count, table },
    tokens: column(
      [count],
      rows.map(({ token }) => token),
    ),
    positions: column(
      [count, 1],
      rows.map(({ position }) => position),
    ),
    slots: column(
      [count],
      rows.map(({ slot }) => slot),
    ),
  };
  return {
    on,
    free: () => {
      for (const { dataId } of made) backend.disposeData(dataId);
    },
  };
}

/** The pages of each, `[slots, most of one]`. */
function pageTable(
  { backend }: StepModel,
  owners: readonly { readonly pages: readonly number[] }[],
): TensorInfo {
  const width = owners.reduce((most, { pages }) => Math.max(most, pages.length), 1);
  const numbers = new Int32Array(owners.length * width);
  for (const [slot, { pages }] of owners.entries()) numbers.set(pages, slot * width);
  return backend.makeTensorInfo([owners.length, width], 'int32', numbers);
}
