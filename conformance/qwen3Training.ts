import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  loadAdapter,
  loadModel,
  mergeLora,
  type Qwen3,
  readSafetensors,
  withoutAdapter,
} from '@molrl/qwen3';
import { adamw } from '@molrl/tensor-gpu';
import { dispose } from '@tensorflow/tfjs-core';
import {
  type GoldenBatch,
  goldenBatch,
  l2Norm,
  logitsOf,
  lossAndGradients,
  maskedLogits,
  readJsonFile,
  readMasked,
} from './qwen3Case.ts';
import { runSuite } from './qwen3Suite.ts';
import type { SuiteResult } from './suiteResult.ts';

/** What PEFT puts before our names. */
const PEFT_PREFIX = 'base_model.model.';

interface TrainCase {
  model: string;
  adapter?: string;
  batch: 'right' | 'left' | 'packed';
  settings: {
    betas: [number, number];
    eps: number;
    weight_decay: number;
    max_grad_norm: number;
    steps: number;
    lr: number;
  };
  losses: number[];
  grad_norms: number[];
  loss_after: number;
  final_checksums: Record<string, { sum: number; l2: number }>;
}

/** AdamW steps, full or LoRA: losses, gradient norms and final weights. */
export function trainSuite(root: string, name: string): Promise<SuiteResult> {
  return runSuite(`train/${name}`, async (check) => {
    const folder = join(root, 'train', name);
    const info = await readJsonFile<TrainCase>(folder, 'case.json');
    const batch = goldenBatch(
      await readSafetensors(join(root, info.model, 'case.safetensors')),
      info.batch,
    );
    const model = await loadModel(join(root, info.model));
    if (info.adapter) await loadAdapter(model, join(root, info.adapter));
    const { lr, betas, eps, weight_decay: weightDecay, max_grad_norm: maxGradNorm } = info.settings;
    const tolerance = await runTolerance(root, `train/${name}`);
    const lossTolerance = tolerance('losses', 1e-5) * Math.max(...info.losses);
    const normTolerance = tolerance('grad_norms', 1e-4) * Math.max(...info.grad_norms);
    const weightTolerance = tolerance('final_weights', 1e-4);
    const optimizer = adamw(model.trainable(), { learningRate: lr, betas, eps, weightDecay });
    for (let step = 0; step < info.settings.steps; step++) {
      const { loss, gradients } = await lossAndGradients(model, batch);
      const { gradNorm } = await optimizer.step(gradients, { maxGradNorm });
      dispose(gradients);
      check.within(`loss before step ${step}`, loss, info.losses[step]!, lossTolerance);
      check.within(
        `gradient norm of step ${step}`,
        gradNorm,
        info.grad_norms[step]!,
        normTolerance,
      );
    }
    check.within('loss after', await lossOf(model, batch), info.loss_after, lossTolerance);
    const weights = Object.entries(model.trainable());
    const prefix = info.adapter ? PEFT_PREFIX : '';
    const final = await readSafetensors(join(folder, 'final.safetensors'));
    check.that('the same parameters', weights.length === Object.keys(info.final_checksums).length);
    for (const [key, weight] of weights) {
      const values = await weight.data();
      const expected = info.final_checksums[prefix + key];
      check.close(
        `norm of ${key}`,
        [l2Norm(values)],
        [expected?.l2 ?? Number.NaN],
        weightTolerance,
      );
      const exact = final[prefix + key];
      if (exact) check.close(`final ${key}`, values, exact.data, weightTolerance);
    }
    optimizer.dispose();
    model.dispose();
  });
}

/**
 * Tolerances of a training run, relative to the largest value as the reference's own f32/f64 gap was measured.
 *
 * Adam divides by the root of the second moment: an element whose gradient is rounding noise moves by the full learning
 * rate, in either direction. The generator measured what that does to its own run, and where a folder is so
 * conditioned, ten times this gap is allowed instead of the usual figure.
 */
async function runTolerance(
  root: string,
  run: string,
): Promise<(quantity: string, usual: number) => number> {
  const path = join(root, 'tolerances.json');
  const measured = existsSync(path)
    ? await readJsonFile<Record<string, Record<string, { over_max: number }>>>(path)
    : {};
  return (quantity, usual) => Math.max(usual, 10 * (measured[run]?.[quantity]?.over_max ?? 0));
}

async function lossOf(model: Qwen3, batch: GoldenBatch): Promise<number> {
  const { loss, gradients } = await lossAndGradients(model, batch);
  dispose(gradients);
  return loss;
}

interface AdapterCase {
  model: string;
  batch: 'right' | 'left' | 'packed';
  scaling: number;
  loss: number;
}

/** A PEFT folder: logits with the adapter, without it and merged; its loss and gradients. */
export function adapterSuite(root: string, name: string): Promise<SuiteResult> {
  return runSuite(`adapters/${name}`, async (check) => {
    const folder = join(root, 'adapters', name);
    const info = await readJsonFile<AdapterCase>(folder, 'case.json');
    const golden = await readSafetensors(join(folder, 'case.safetensors'));
    const batch = goldenBatch(
      await readSafetensors(join(root, info.model, 'case.safetensors')),
      info.batch,
    );
    const model = await loadModel(join(root, info.model));
    await loadAdapter(model, join(folder, 'adapter'));
    check.within('scaling', model.adapter!.scaling, info.scaling, 1e-6);
    check.close('on.logits', await maskedLogits(model, batch), golden['on.logits']!.data, 2e-5);
    const off = await readMasked(
      withoutAdapter(model, () => logitsOf(model, batch)),
      batch,
    );
    check.close('off.logits', off, golden['off.logits']!.data, 2e-5);
    const { loss, gradients } = await lossAndGradients(model, batch);
    check.within('loss', loss, info.loss, 5e-6);
    const stored = await readSafetensors(join(folder, 'grads.safetensors'));
    check.that('the same parameters', Object.keys(stored).length === Object.keys(gradients).length);
    for (const [key, gradient] of Object.entries(gradients)) {
      check.close(
        `gradient of ${key}`,
        await gradient.data(),
        stored[PEFT_PREFIX + key]?.data ?? [],
        1e-4,
      );
      gradient.dispose();
    }
    const merged = mergeLora(model);
    check.close(
      'merged.logits',
      await maskedLogits(merged, batch),
      golden['merged.logits']!.data,
      2e-5,
    );
    const mergedFile = join(folder, 'merged.safetensors');
    const weights = existsSync(mergedFile) ? await readSafetensors(mergedFile) : {};
    for (const [key, { data }] of Object.entries(weights)) {
      check.close(`merged ${key}`, await merged.weight(key).data(), data, 1e-5);
    }
    merged.dispose();
    model.dispose();
  });
}
