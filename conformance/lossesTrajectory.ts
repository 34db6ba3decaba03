import { join } from 'node:path';
import { groupAdvantages, type PolicyLossCall, policyLoss } from '@molrl/grpo';
import { molLoss } from '@molrl/mol-loss';
import { loadQwen3, type Qwen3, targetRows, tokenBatch } from '@molrl/qwen3';
import { adamw, lmHead, type Optimizer, openCpu, record, selectRows } from '@molrl/tensor-gpu';
import { add, reshape, type Tensor, tensor1d } from '@tensorflow/tfjs-core';
import { molOptions, molRoles, weightsOptions } from './lossesMol.ts';
import {
  assertClose,
  assertRelative,
  checksum,
  flat,
  type Golden,
  goldenSuite,
  type RunCase,
} from './lossesSuite.ts';
import { trlOptions } from './lossesTrl.ts';
import type { SuiteResult } from './suiteResult.ts';

/** What the oracle grants a float32 engine: absolute for losses and log-probs, relative for norms. */
const LOSS = 2e-4;
const NORM = 2e-3;
/** Shares of clipped tokens may move by a token or two at a bound: 2 of about 35 tokens. */
const CLIP_SHARE = 0.06;

type Gradients = Record<string, Tensor>;

interface Sequence {
  ids: number[];
  /** First target that counts. */
  from: number;
}

/** Log-probs of every target of the sequences from `from` on, in order, on a tape. */
function scoreTargets(model: Qwen3, sequences: Sequence[], reference?: Qwen3, forward = false) {
  const batch = tokenBatch(sequences, { padId: 0 });
  const { rows, targetIds } = targetRows(batch, (row, column) => column >= sequences[row]!.from);
  const chosen = (of: Qwen3) => {
    const hidden = of.forward(batch);
    const flatHidden = reshape(hidden, [batch.B * batch.T, hidden.shape[2]!]);
    return selectRows(flatHidden, tensor1d(rows, 'int32'));
  };
  const ref = reference && { hidden: chosen(reference), weight: reference.head() };
  return record(() => {
    const targets = tensor1d(targetIds, 'int32');
    const direction = forward ? 'forward' : 'reverse';
    const options = { entropy: true, ref, direction } as const;
    const { logprobs, entropy, kl } = lmHead(chosen(model), model.head(), targets, options);
    return { logprobs, entropy: entropy!, kl: kl ?? logprobs }; // without a reference nobody reads kl
  });
}

/** One optimiser step from summed gradients; returns their norm before clipping. */
async function update(optimizer: Optimizer, gradients: Gradients, maxGradNorm: number) {
  const { gradNorm } = await optimizer.step(gradients, { maxGradNorm });
  return gradNorm;
}

/** The first step's clipped gradients, per parameter. */
function compareGradients(gradients: Gradients, gradNorm: number, expected: Golden): void {
  const clip = Math.min(1, 1 / (gradNorm + 1e-6));
  for (const [name, want] of Object.entries<Golden>(expected)) {
    const got = checksum(gradients[name]!.dataSync());
    assertRelative(`gradient of ${name}: l2`, got.l2! * clip, want.l2, NORM);
    assertRelative(`gradient of ${name}: l1`, got.l1! * clip, want.l1, NORM);
    assertClose(
      `gradient of ${name}: dotSin`,
      got.dotSin! * clip,
      want.dotSin,
      NORM * (want.l2 || 1),
    );
  }
}

/** All parameters after a step, as one vector. */
function compareWeights(model: Qwen3, expected: Golden): void {
  const names = Object.keys(model.parameters).sort();
  const all = names.flatMap((name) => Array.from(model.parameters[name]!.dataSync()));
  const got = checksum(all);
  assertRelative('weights: l2', got.l2!, expected.l2, NORM);
  assertRelative('weights: l1', got.l1!, expected.l1, NORM);
  assertRelative('weights: maxAbs', got.maxAbs!, expected.maxAbs, NORM);
}

/** trajectory_grpo.json: six optimiser steps per run on the tiny model, with our engine. */
export const trajectoryGrpo = (golden: Golden, folder: string): Promise<SuiteResult> =>
  goldenSuite('trajectory_grpo', async (run) => {
    const device = await openCpu();
    for (const c of golden.runs)
      await grpoRun(golden, c, join(folder, golden.meta.checkpoint), run);
    device.dispose();
  });

async function grpoRun(golden: Golden, c: Golden, checkpoint: string, run: RunCase): Promise<void> {
  const { lr, betas, eps, weight_decay: weightDecay, max_grad_norm: maxGradNorm } = golden.meta;
  const model = await loadQwen3(checkpoint);
  const reference = await loadQwen3(checkpoint);
  const optimizer = adamw(model.trainable(), { learningRate: lr, betas, eps, weightDecay });
  let old: Float64Array[] = [];
  for (const [index, step] of c.steps.entries()) {
    const rollout = readRollout(golden.rollouts[step.round], c.micro_batches);
    if (step.iteration === 0) old = rollout.parts.map((part) => score(model, part));
    await run(`${c.id} step ${index}`, async () => {
      const options: PolicyLossCall = {
        ...trlOptions(c.args),
        numItemsInBatch: rollout.items,
        gradientAccumulationSteps: c.micro_batches,
      };
      const advantages = groupAdvantages(rollout.rewards, {
        numGenerations: golden.meta.num_generations,
      });
      if (step.advantages) assertClose('advantages', advantages, step.advantages, 1e-7);
      const total: Gradients = {};
      const seen: Float64Array[] = [];
      let loss = 0;
      rollout.parts.forEach((part, k) => {
        const { value, tape } = scoreTargets(model, part.sequences);
        const logprobs = scatter(part, value.logprobs.dataSync());
        const rows = part.sequences.length;
        const result = policyLoss(
          {
            logprobs,
            oldLogprobs: old[k],
            refLogprobs: score(reference, part),
            entropies: scatter(part, value.entropy.dataSync()),
            advantages: advantages.slice(k * rows, (k + 1) * rows),
            completionMask: part.mask,
            sequenceLength: rollout.width,
          },
          options,
        );
        loss += result.loss;
        seen.push(logprobs);
        const cotangent = tensor1d(
          Float32Array.from(part.places, (place) => result.gradient[place]!),
        );
        accumulate(total, model, tape.backward([[value.logprobs, cotangent]], weightsOf(model)));
        const metrics = c.micro_batches === 1 ? step.metrics : step.metrics[k];
        for (const [name, want] of Object.entries(metrics)) {
          const tolerance = name.startsWith('clip_ratio/') ? CLIP_SHARE : NORM;
          assertClose(name, result.metrics[name] ?? [], want, tolerance);
        }
      });
      const gradNorm = await update(optimizer, total, maxGradNorm);
      assertClose('loss', loss, step.loss, LOSS);
      assertClose(
        'new_logps',
        seen.flatMap((part) => Array.from(part)),
        step.new_logps,
        NORM,
      );
      assertRelative('grad_norm', gradNorm, step.grad_norm, NORM);
      if (step.clipped_grad_check) compareGradients(total, gradNorm, step.clipped_grad_check);
      compareWeights(model, step.weights_check);
    });
  }
  optimizer.dispose();
  model.dispose();
  reference.dispose();
}

interface Part {
  sequences: Sequence[];
  /** `[rows * width]`, completion mask times tool mask. */
  mask: Float64Array;
  /** Place of every scored target in `[rows * width]`. */
  places: number[];
}

/** A generation round, cut into micro-batches. */
function readRollout(rollout: Golden, microBatches: number) {
  const { completions, prompts, tool_mask: toolMask, rewards } = rollout;
  const width: number = toolMask[0].length;
  const size = completions.length / microBatches;
  const perPrompt = completions.length / prompts.length;
  const parts: Part[] = [];
  let items = 0;
  for (let first = 0; first < completions.length; first += size) {
    const part: Part = { sequences: [], mask: new Float64Array(size * width), places: [] };
    for (let row = 0; row < size; row++) {
      const completion = completions[first + row];
      const prompt = prompts[Math.floor((first + row) / perPrompt)];
      part.sequences.push({ ids: [...prompt, ...completion], from: prompt.length });
      for (let t = 0; t < completion.length; t++) {
        part.places.push(row * width + t);
        part.mask[row * width + t] = toolMask[first + row][t];
        items += toolMask[first + row][t];
      }
    }
    parts.push(part);
  }
  return { parts, width, items, rewards: rewards as number[] };
}

function scatter(part: Part, values: ArrayLike<number>): Float64Array {
  const out = new Float64Array(part.mask.length);
  for (const [k, place] of part.places.entries()) out[place] = values[k]!;
  return out;
}

function score(model: Qwen3, part: Part): Float64Array {
  const { value, tape } = scoreTargets(model, part.sequences);
  const logprobs = scatter(part, value.logprobs.dataSync());
  tape.dispose();
  return logprobs;
}

const weightsOf = (model: Qwen3): Tensor[] => Object.values(model.trainable());

function accumulate(total: Gradients, model: Qwen3, gradients: Tensor[]): void {
  for (const [k, name] of Object.keys(model.trainable()).entries()) {
    const before = total[name];
    total[name] = before ? add(before, gradients[k]!) : gradients[k]!;
  }
}

/** trajectory_mol.json: six optimiser steps per run on the tiny model, with our engine and its chunked head. */
export const trajectoryMol = (golden: Golden, folder: string): Promise<SuiteResult> =>
  goldenSuite('trajectory_mol', async (run) => {
    const device = await openCpu();
    for (const c of golden.runs) await molRun(golden, c, join(folder, golden.meta.checkpoint), run);
    device.dispose();
  });

async function molRun(golden: Golden, c: Golden, checkpoint: string, run: RunCase): Promise<void> {
  const { lr, betas, eps, weight_decay: weightDecay, max_grad_norm: maxGradNorm } = golden.meta;
  const model = await loadQwen3(checkpoint);
  const reference = await loadQwen3(checkpoint);
  const optimizer = adamw(model.trainable(), { learningRate: lr, betas, eps, weightDecay });
  const { divergence } = molOptions(c.options);
  for (const [index, step] of c.steps.entries()) {
    await run(`${c.id} step ${index}`, async () => {
      const chosen = step.batch.map((j: number) => golden.sequences[j]);
      const sequences: Sequence[] = chosen.map(({ ids }: Golden) => ({ ids, from: 1 }));
      const { value, tape } = scoreTargets(model, sequences, reference, divergence === 'forward');
      const result = molLoss(
        {
          logprobs: value.logprobs.dataSync(),
          kl: value.kl.dataSync(),
          roles: molRoles(chosen.flatMap(({ role }: Golden) => role.slice(1))),
          sequenceIds: chosen.flatMap(({ ids }: Golden, j: number) => ids.slice(1).fill(j)),
        },
        weightsOptions(c.options),
      );
      const gradients: Gradients = {};
      const cotangent = (values: Float64Array) => tensor1d(Float32Array.from(values));
      const cotangents = [
        [value.logprobs, cotangent(result.logprobGradient)],
        [value.kl, cotangent(result.klGradient)],
      ] as const;
      accumulate(gradients, model, tape.backward(cotangents, weightsOf(model)));
      const gradNorm = await update(optimizer, gradients, maxGradNorm);

      const { environment, assistant } = result.components;
      assertClose('loss', result.loss, step.loss, LOSS);
      assertClose('ce_mean', environment.mean, step.ce_mean, LOSS);
      assertClose('kl_mean', assistant.mean, step.kl_mean, LOSS);
      assertClose('ce_part', environment.loss, step.ce_part, LOSS);
      assertClose('kl_part', assistant.loss, step.kl_part, LOSS);
      assertClose('ce_tokens', environment.tokens, step.ce_tokens, 0);
      assertClose('kl_tokens', assistant.tokens, step.kl_tokens, 0);
      assertClose('token_terms', result.terms, flat(step.token_terms), NORM);
      assertRelative('grad_norm', gradNorm, step.grad_norm, NORM);
      if (step.clipped_grad_check) compareGradients(gradients, gradNorm, step.clipped_grad_check);
      compareWeights(model, step.weights_check);
    });
  }
  optimizer.dispose();
  model.dispose();
  reference.dispose();
}
