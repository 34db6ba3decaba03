import { TensorGpuError } from '../../../base/errors.ts';
import type { Completion, DecodeJob } from '../../decodeJob.ts';
import { mapWeights } from '../../decoderWeights.ts';
import type { CpuBackend } from '../engine/cpuBackend.ts';
import { decodeCache } from './decodeBuffers.ts';
import type { DecodeRun } from './decodeProgram.ts';
import { generateWave } from './generateWave.ts';
import { packWeights } from './packedWeights.ts';

/** The sampling kernel keeps two floats per id in its 4 MiB of scratch. */
const MAX_VOCABULARY = 480_000;

/** Packs the weights, then samples wave after wave: as many prompts at once as the cache has room for. */
export async function decodeOnCpu(device: CpuBackend, job: DecodeJob): Promise<Completion[]> {
  const { shape, sampling, prompts, numGenerations, seeds } = job;
  if (shape.vocabulary > MAX_VOCABULARY) {
    throw new TensorGpuError(
      'option',
      `generate: the vocabulary must have at most ${MAX_VOCABULARY} ids, got ${shape.vocabulary}. Sample with a loop of forward passes and \`sampleToken\`.`,
    );
  }
  const offsets = mapWeights(job.weights, (tensor) => device.offset(tensor));
  const weights = packWeights(device.cpu, shape, offsets);
  const run: Omit<DecodeRun, 'buffers'> = { cpu: device.cpu, shape, offsets, weights, sampling };
  try {
    const perWave = promptsPerWave(job);
    const completions: Completion[] = [];
    for (let first = 0; first < prompts.length; first += perWave) {
      const wave = {
        ...job,
        prompts: prompts.slice(first, first + perWave),
        seeds: seeds.slice(first * numGenerations, (first + perWave) * numGenerations),
        firstPrompt: first,
      };
      completions.push(...(await generateWave(run, wave)));
    }
    return completions;
  } finally {
    weights.free();
  }
}

function promptsPerWave(job: DecodeJob): number {
  const { shape, weights, prompts, numGenerations, maxTokens, cacheBytes } = job;
  const longest = prompts.reduce((most, { length }) => Math.max(most, length), 0);
  const { bytes } = decodeCache(shape, longest + maxTokens);
  const perPrompt = bytes * numGenerations * Math.max(1, weights.layers.length);
  return Math.max(1, Math.floor(cacheBytes / perPrompt));
}
