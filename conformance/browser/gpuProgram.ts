import type { Role } from '@molrl/mol-loss';
import {
  createQwen3,
  generate,
  packedBatch,
  type Qwen3Config,
  scoreTargets,
  selectTargets,
  TINY_CONFIG,
} from '@molrl/qwen3';
import { adamw, seededUniform } from '@molrl/tensor-gpu';
import { dispose } from '@tensorflow/tfjs-core';

const UPDATES = 5;
const CONFIG: Qwen3Config = {
  ...TINY_CONFIG,
  ...{ vocabSize: 128, hiddenSize: 64, intermediateSize: 192, headDim: 16 },
  ...{ numHiddenLayers: 2, numAttentionHeads: 4, numKeyValueHeads: 2, tieWordEmbeddings: true },
};

/** What a device made of the program. */
export interface GpuProgramResult {
  losses: number[];
  gradNorms: number[];
  /** Sampled after training. */
  ids: number[][];
}

/** Trains a small Qwen3 for some updates and samples from it, on the open device: the same numbers everywhere. */
export async function gpuProgram(): Promise<GpuProgramResult> {
  const model = createQwen3(CONFIG, { seed: 1 });
  const optimizer = adamw(model.trainable(), { learningRate: 1e-3 });
  const sequences = [0, 1, 2].map((k) => {
    const ids = Array.from({ length: 24 }, (_, t) => 3 + Math.floor(125 * seededUniform(k, t)));
    return { ids, roles: ids.map((): Role => 'environment') };
  });
  const batch = packedBatch(sequences);
  const targets = selectTargets(batch, sequences);
  const result: GpuProgramResult = { losses: [], gradNorms: [], ids: [] };
  for (let update = 0; update < UPDATES; update++) {
    const { logprobs, backward } = await scoreTargets(model, batch, targets);
    const gradients = backward({ logprobs: logprobs.map(() => -1 / logprobs.length) });
    const { gradNorm } = await optimizer.step(gradients, { maxGradNorm: 1 });
    dispose(gradients);
    result.losses.push(-logprobs.reduce((sum, logprob) => sum + logprob, 0) / logprobs.length);
    result.gradNorms.push(gradNorm);
  }
  const options = { numGenerations: 2, maxTokens: 12, temperature: 1, seeds: [1, 2, 3, 4] };
  const prompts = [Int32Array.of(5, 30, 40), Int32Array.of(7, 50, 60, 70)];
  for (const { ids } of await generate(model, prompts, options)) result.ids.push([...ids]);
  optimizer.dispose();
  model.dispose();
  return result;
}
