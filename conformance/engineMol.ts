import { molLoss } from '@molrl/mol-loss';
import { packedBatch, type Qwen3, targetRows } from '@molrl/qwen3';
import { adamw, lmHead, type Optimizer, record, selectRows } from '@molrl/tensor-gpu';
import { reshape, type Tensor, tensor1d, tidy } from '@tensorflow/tfjs-core';
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
    const weights = Object.entries(model.parameters).map(([name, variable]) => [
      name,
      variable.dataSync<'float32'>().slice(),
    ]);
    yield { ...done, weights: Object.fromEntries(weights) };
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
  const { rows, targetIds, targets } = targetRows(batch);
  const roles = sequences.flatMap((sequence) => sequence.roles);
  const chosen = (of: Qwen3): Tensor =>
    tidy(() =>
      selectRows(
        reshape(of.forward(batch), [batch.T, of.config.hiddenSize]),
        tensor1d(rows, 'int32'),
      ),
    );
  const ref = { hidden: chosen(base), weight: base.head() };
  const { value, tape } = record(() => {
    const ids = tensor1d(targetIds, 'int32');
    const { logprobs, kl } = lmHead(chosen(model), model.head(), ids, { ref });
    return { logprobs, kl: kl! }; // there is a ref
  });
  const { loss, logprobGradient, klGradient } = molLoss(
    {
      logprobs: value.logprobs.dataSync(),
      kl: value.kl.dataSync(),
      roles: Array.from(targets, (index) => roles[index]!),
      sequenceIds: Array.from(targets, (index) => batch.segmentIds[index]!),
    },
    run.mol,
  );
  const trainable = model.trainable();
  const gradients = tidy(() =>
    tape.backward(
      [
        [value.logprobs, tensor1d(Float32Array.from(logprobGradient))],
        [value.kl, tensor1d(Float32Array.from(klGradient))],
      ],
      Object.values(trainable),
    ),
  );
  const byName = Object.fromEntries(Object.keys(trainable).map((name, i) => [name, gradients[i]!]));
  const { gradNorm } = await optimizer.step(byName, { maxGradNorm: run.maxGradNorm });
  for (const tensor of [...gradients, value.logprobs, value.kl, ref.hidden]) tensor.dispose();
  return { loss, gradNorm };
}
