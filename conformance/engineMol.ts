import { molLoss } from '@molrl/mol-loss';
import { packedBatch, type Qwen3, scoreTargets, selectTargets } from '@molrl/qwen3';
import { adamw, type Optimizer } from '@molrl/tensor-gpu';
import { dispose } from '@tensorflow/tfjs-core';
import type { MolRun, MolSequence } from './plainMol.ts';

/** A MoL update's loss (before it), gradient norm (before clipping) and weights (after it). */
export interface EngineUpdate {
  loss: number;
  gradNorm: number;
  weights: Record<string, Float32Array>;
}

/** The updates of `plainMol`, by our packages on the open device. */
export async function* engineMol(
  model: Qwen3,
  base: Qwen3,
  batches: readonly MolSequence[][],
  run: MolRun,
): AsyncGenerator<EngineUpdate> {
  const { learningRate, weightDecay } = run;
  const optimizer = adamw(model.trainable(), { learningRate, weightDecay });
  for (const batch of batches) {
    const done = await update(model, base, optimizer, batch, run);
    const weights: EngineUpdate['weights'] = {};
    for (const [name, variable] of Object.entries(model.parameters))
      weights[name] = (await variable.data<'float32'>()).slice();
    yield { ...done, weights };
  }
  optimizer.dispose();
}

async function update(
  model: Qwen3,
  base: Qwen3,
  optimizer: Optimizer,
  sequences: readonly MolSequence[],
  run: MolRun,
): Promise<{ loss: number; gradNorm: number }> {
  const batch = packedBatch(sequences);
  const targets = selectTargets(batch, sequences);
  const { roles, sequenceIds } = targets;
  const { logprobs, kl, backward } = await scoreTargets(model, batch, targets, {
    ref: base,
    kl: 'reverse',
  });
  const { loss, logprobGradient, klGradient } = molLoss(
    { logprobs, kl, roles, sequenceIds },
    run.mol,
  );
  const gradients = backward({ logprobs: logprobGradient, kl: klGradient });
  const { gradNorm } = await optimizer.step(gradients, { maxGradNorm: run.maxGradNorm });
  dispose(gradients);
  return { loss, gradNorm };
}
