import type { TensorInfo } from '@tensorflow/tfjs-core';
import { TensorGpuError } from '../../../base/errors.ts';
import type { Completion, DecodeEngine, DecodeJob, DecodeModel } from '../../decodeJob.ts';
import { Sequence } from '../../sequence.ts';
import type { WebGpuBackend } from '../engine/webGpuBackend.ts';
import { SPAN_WORDS } from './decodePrograms.ts';
import { drawNext } from './drawNext.ts';
import { type LayerCache, runHead, runLayers, type StepModel, type StepRows } from './gpuLayers.ts';

/** Prompt tokens that go through the layers together. */
const PREFILL_ROWS = 256;

/** Sequences that are sampled together, with the memory of their keys and values. */
interface Wave {
  live: Sequence[];
  caches: LayerCache[];
  /** Where the tokens of each prompt but its last lie. */
  prefixes: Map<Int32Array, number>;
  /** Where each sequence's own tokens begin. */
  starts: Map<Sequence, number>;
}

/**
 * Samples on the device. A job runs in waves of as many sequences as there is room for; a prompt of several samples runs
 * through the layers once. What a sample gets does not depend on the others.
 *
 * Keys and values are float32, and go when a job ends: a cache that is kept from call to call stays empty here.
 */
export function openGpuDecoding(backend: WebGpuBackend, model: DecodeModel): DecodeEngine {
  const { shape, weights, maxRows, cache } = model;
  if (cache.dtype !== 'f32')
    throw new TensorGpuError(
      'option',
      `generate: keys and values of a GPU are f32, got cacheDtype '${cache.dtype}'. Leave it out there.`,
    );
  const stepModel: StepModel = { backend, shape, weights };
  const width = shape.kvHeads * shape.headDim;
  const { maxStorageBufferBindingSize: binding } = backend.gpu.limits;
  const places = Math.floor(
    Math.min(binding / (4 * width), cache.maxBytes / (8 * width * weights.layers.length)),
  );
  return {
    async sample(job) {
      const sequences = job.seeds.map((_, sample) => new Sequence(job, sample));
      const waiting = [...sequences];
      while (waiting.length > 0) await runWave(stepModel, job, takeWave(waiting));
      return sequences.map((sequence): Completion => sequence.completion());
    },
    dispose: () => undefined, // the memory of a wave goes with it
  };

  /** The next sequences for which there is room. */
  function takeWave(waiting: Sequence[]): Wave {
    const prefixes = new Map<Int32Array, number>();
    const starts = new Map<Sequence, number>();
    let used = 0;
    for (const sequence of waiting) {
      const { prompt } = sequence;
      const prefix = prefixes.has(prompt) ? 0 : prompt.length - 1;
      const needed = prefix + sequence.job.maxTokens;
      if (starts.size === maxRows || used + needed > places) break;
      if (!prefixes.has(prompt)) prefixes.set(prompt, used);
      starts.set(sequence, used + prefix);
      used += needed;
    }
    if (starts.size === 0)
      throw new TensorGpuError(
        'out-of-memory',
        `generate: no room for the keys and values of one sequence of ${waiting[0]!.most} tokens, there are ${places} places. Raise cacheBytes, or ask for fewer tokens.`,
      );
    waiting.splice(0, starts.size);
    const caches = weights.layers.map(() => ({
      keys: backend.output([used, width]),
      values: backend.output([used, width]),
    }));
    return { live: [...starts.keys()], caches, prefixes, starts };
  }
}

async function runWave(model: StepModel, job: DecodeJob, wave: Wave): Promise<void> {
  const { backend } = model;
  try {
    fillPrompts(model, wave);
    while (wave.live.length > 0) {
      const { live } = wave;
      const rows = stepRows(
        model,
        live.map((sequence) => rowOf(sequence, wave)),
      );
      const logits = runHead(model, runLayers(model, rows.on, wave.caches));
      rows.free();
      const drawn = await drawNext(model, { logits, job, live });
      wave.live = live.filter((sequence, row) => {
        const { token, kept } = drawn[row]!;
        return !sequence.add(token, kept);
      });
      job.onStep(live.length, live.length - wave.live.length);
    }
  } finally {
    for (const { keys, values } of wave.caches) {
      backend.disposeData(keys.dataId);
      backend.disposeData(values.dataId);
    }
  }
}

/** A token of a step. */
interface Row {
  token: number;
  position: number;
  place: number;
  /** See `SPAN_WORDS`. */
  span: readonly number[];
}

/** The last token of a sequence, whose keys and values are not there yet. */
function rowOf(sequence: Sequence, { prefixes, starts }: Wave): Row {
  const { prompt, length } = sequence;
  const position = length - 1;
  const prefix = prompt.length - 1;
  const own = starts.get(sequence)!;
  return {
    token: sequence.tokenAt(position),
    position,
    place: own + position - prefix,
    span: [own, prefixes.get(prompt)!, prefix, length],
  };
}

/** Runs all prompts but their last tokens through the layers. */
function fillPrompts(model: StepModel, { caches, prefixes }: Wave): void {
  const rows = [...prefixes].flatMap(([prompt, start]) =>
    Array.from(
      prompt.subarray(0, -1),
      (token, position): Row => ({
        ...{ token, position, place: start + position },
        span: [start, start, 0, position + 1],
      }),
    ),
  );
  for (let from = 0; from < rows.length; from += PREFILL_ROWS) {
    const part = stepRows(model, rows.slice(from, from + PREFILL_ROWS));
    const hidden = runLayers(model, part.on, caches);
    model.backend.disposeData(hidden.dataId);
    part.free();
  }
}

/** The rows on the device. */
function stepRows({ backend }: StepModel, rows: readonly Row[]): { on: StepRows; free(): void } {
  const count = rows.length;
  const made: TensorInfo[] = [];
  const column = (shape: number[], values: readonly number[]): TensorInfo => {
    const tensor = backend.makeTensorInfo(shape, 'int32', Int32Array.from(values));
    made.push(tensor);
    return tensor;
  };
  const on = {
    count,
    tokens: column(
      [count],
      rows.map(({ token }) => token),
    ),
    positions: column(
      [count, 1],
      rows.map(({ position }) => position),
    ),
    places: column(
      [count],
      rows.map(({ place }) => place),
    ),
    spans: column(
      [count, SPAN_WORDS],
      rows.flatMap(({ span }) => span),
    ),
  };
  return {
    on,
    free: () => {
      for (const { dataId } of made) backend.disposeData(dataId);
    },
  };
}
