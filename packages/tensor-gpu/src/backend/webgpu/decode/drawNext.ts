import type { TensorInfo } from '@tensorflow/tfjs-core';
import { sampleToken } from '../../../sampling/sampleToken.ts';
import { samplingProbabilities } from '../../../sampling/samplingProbabilities.ts';
import { seededUniform } from '../../../sampling/seededUniform.ts';
import type { DecodeJob, DrawnToken, TopLogprob } from '../../decodeJob.ts';
import type { Sequence } from '../../sequence.ts';
import { DRAWN_WORDS, drawTokens } from './decodePrograms.ts';
import type { StepModel } from './gpuLayers.ts';

/** What a row drew, and from which ids. */
export interface DrawnRow {
  token: Omit<DrawnToken, 'sample' | 'stop'>;
  kept: number[];
}

interface Draw {
  /** `[rows, V]`, used up. */
  logits: TensorInfo;
  job: DecodeJob;
  live: readonly Sequence[];
}

/**
 * Draws the next token of every row, at the random number of its seed and token: on the device from the model's own
 * distribution; where the logits are filtered or more of them is told, from logits that are read.
 */
export function drawNext(model: StepModel, draw: Draw): Promise<DrawnRow[]> {
  return isPlain(draw.job) ? drawOnDevice(model, draw) : drawFromLogits(model, draw);
}

function isPlain({ sampling, returnSamplingMask, topLogprobs }: DecodeJob): boolean {
  return (
    !returnSamplingMask &&
    topLogprobs === 0 &&
    sampling.topK === 0 &&
    sampling.topP >= 1 &&
    sampling.minP <= 0 &&
    sampling.repetitionPenalty === 1 &&
    sampling.presencePenalty === 0 &&
    sampling.frequencyPenalty === 0 &&
    sampling.logitBias.length === 0 &&
    sampling.suppressTokens.length === 0 &&
    sampling.allowedTokenIds === null
  );
}

async function drawOnDevice(
  { backend, shape }: StepModel,
  { logits, job, live }: Draw,
): Promise<DrawnRow[]> {
  const { temperature } = job.sampling;
  const numbers = live.map(({ seed, drawn }) =>
    temperature > 0 ? seededUniform(seed, drawn.length) : 0,
  );
  const uniforms = backend.makeTensorInfo([live.length], 'float32', Float32Array.from(numbers));
  const drawn = backend.output([live.length, DRAWN_WORDS], 'int32');
  backend.run(drawTokens, {
    tensors: { logits, uniforms, drawn },
    params: { vocabulary: shape.vocabulary, temperature },
    blocks: live.length,
  });
  const reading = backend.read(drawn.dataId) as Promise<Int32Array>; // made as int32
  for (const { dataId } of [logits, uniforms, drawn]) backend.disposeData(dataId);
  const words = (await reading).slice();
  const logprobs = new Float32Array(words.buffer);
  return live.map((_, row) => {
    const logprob = logprobs[row * DRAWN_WORDS + 1]!;
    const behaviorLogprob = temperature > 0 ? logprob : 0;
    return {
      token: { id: words[row * DRAWN_WORDS]!, logprob, behaviorLogprob, top: [] },
      kept: [],
    };
  });
}

async function drawFromLogits(
  { backend, shape }: StepModel,
  { logits, job, live }: Draw,
): Promise<DrawnRow[]> {
  const reading = backend.read(logits.dataId) as Promise<Float32Array>; // logits are float32
  backend.disposeData(logits.dataId);
  const all = await reading;
  const { vocabulary } = shape;
  return live.map((sequence, row) =>
    drawRow(all.subarray(row * vocabulary, (row + 1) * vocabulary), sequence, job),
  );
}

function drawRow(
  logits: Float32Array,
  { prompt, drawn, seed }: Sequence,
  job: DecodeJob,
): DrawnRow {
  const top = topOf(logits, job);
  const isBelowInfinity = logits.every((logit) => logit < Number.POSITIVE_INFINITY); // NaN is not
  if (!isBelowInfinity || logits.every((logit) => logit === Number.NEGATIVE_INFINITY))
    return { token: { id: -1, logprob: Number.NaN, behaviorLogprob: Number.NaN, top }, kept: [] };
  const history = { seen: [...prompt, ...drawn], completion: drawn };
  const options = { ...job.sampling, ...history, seed, step: drawn.length };
  const { id, logprob, behaviorLogprob } = sampleToken(logits, options);
  const kept: number[] = [];
  if (job.returnSamplingMask)
    for (const [other, p] of samplingProbabilities(logits, job.sampling, history).entries())
      if (p > 0) kept.push(other);
  return { token: { id, logprob, behaviorLogprob, top }, kept };
}

/** The most probable ids, of equals the lowest first. */
function topOf(logits: Float32Array, { topLogprobs, sampling }: DecodeJob): TopLogprob[] {
  if (topLogprobs === 0) return [];
  const scores = Array.from(logits, (logit) => logit / (sampling.temperature || 1));
  const most = scores.reduce((a, b) => Math.max(a, b));
  const total = scores.reduce((sum, score) => sum + Math.exp(score - most), 0);
  return scores
    .map((score, id) => ({ id, logprob: score - most - Math.log(total) }))
    .sort((a, b) => b.logprob - a.logprob)
    .slice(0, topLogprobs);
}
