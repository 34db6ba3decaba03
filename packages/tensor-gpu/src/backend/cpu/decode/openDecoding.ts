import { TensorGpuError } from '../../../base/errors.ts';
import type { DecodeEngine, DecodeModel } from '../../decodeJob.ts';
import { mapWeights } from '../../decoderWeights.ts';
import type { CpuBackend } from '../engine/cpuBackend.ts';
import { CpuKvCache } from './cpuKvCache.ts';
import { DecodeScheduler } from './decodeScheduler.ts';
import { DecodeStep } from './decodeStep.ts';
import { writeJobBlocks } from './drawSettings.ts';
import { joinBiases } from './joinedBiases.ts';
import { pageLayout } from './kvPages.ts';

/** The sampling kernel keeps two floats per id in its 4 MiB of scratch. */
const MAX_VOCABULARY = 480_000;

/** Samples with the weights until it is disposed. */
export function openDecoding(device: CpuBackend, model: DecodeModel): DecodeEngine {
  const { shape, maxRows } = model;
  const { cpu } = device;
  if (shape.vocabulary > MAX_VOCABULARY) {
    throw new TensorGpuError(
      'option',
      `generate: the vocabulary must have at most ${MAX_VOCABULARY} ids, got ${shape.vocabulary}. Sample with a loop of forward passes and \`sampleToken\`.`,
    );
  }
  const layout = pageLayout(shape, model.weights.layers.length, model.cache.dtype);
  const makeCache = () => new CpuKvCache(cpu.heap, layout, model.cache.maxBytes);
  const shared = model.cache.open(cpu, model.version, makeCache);
  const cache = shared ?? makeCache(); // another state of the weights is sampling with it
  const closeCache = () => (shared === undefined ? cache.dispose() : model.cache.close());
  try {
    const offsets = mapWeights(model.weights, {
      matrix: (tensor) => device.matrix(tensor),
      vector: (tensor) => device.offset(tensor),
    });
    const biases = joinBiases(cpu, shape, offsets);
    const step = new DecodeStep({ cpu, shape, offsets, biases, layout });
    const scheduler = new DecodeScheduler({
      step,
      cache,
      keepsCache: model.keepsCache && shared !== undefined,
      maxRows,
      writeBlocks: ({ sampling }) => writeJobBlocks(cpu.heap, sampling, shape.vocabulary),
    });
    return {
      sample: (job) => scheduler.sample(job),
      dispose() {
        step.dispose();
        biases.free();
        closeCache();
      },
    };
  } catch (error) {
    closeCache();
    throw error;
  }
}
