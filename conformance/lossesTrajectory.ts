import { join } from 'node:path';
import { groupAdvantages, type PolicyLossCall, policyLoss } from '@molrl/grpo';
import { molLoss, ROLE_CODES, type Role } from '@molrl/mol-loss';
import {
  addGradients,
  type Gradients,
  loadQwen3,
  type Qwen3,
  type ScoreTargetsOptions,
  scoreTargets,
  selectTargets,
  tokenBatch,
} from '@molrl/qwen3';
import { adamw, type Optimizer, openCpu } from '@molrl/tensor-gpu';
import { dispose } from '@tensorflow/tfjs-core';
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

const ROLES = ['environment', 'assistant', 'general', 'ignore'] as const;
const roleName = (code: number): Role => ROLES.find((name) => ROLE_CODES[name] === code)!; // the codes are molLoss's

interface Sequence {
  ids: number[];
  roles: Role[];
}

/** Every target of the sequences that has a role, with entropies. */
function scoreSequences<const Options extends ScoreTargetsOptions>(
  model: Qwen3,
  sequences: Sequence[],
  options: Options,
) {
  const batch = tokenBatch(sequences, { padId: 0 });
  return scoreTargets(model, batch, selectTargets(batch, sequences), options);
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
    if (step.iteration === 0)
      old = await Promise.all(rollout.parts.map((part) => score(model, part)));
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
      let total: Gradients | undefined;
      const seen: Float64Array[] = [];
      let loss = 0;
      for (const [k, part] of rollout.parts.entries()) {
        const scored = await scoreSequences(model, part.sequences, {
          entropy: true,
          ref: reference,
        });
        const logprobs = scatter(part, scored.logprobs);
        const rows = part.sequences.length;
        const result = policyLoss(
          {
            logprobs,
            oldLogprobs: old[k],
            refLogprobs: scatter(part, scored.refLogprobs),
            entropies: scatter(part, scored.entropies),
            advantages: advantages.slice(k * rows, (k + 1) * rows),
            completionMask: part.mask,
            sequenceLength: rollout.width,
          },
          options,
        );
        loss += result.loss;
        seen.push(logprobs);
        const gradient = part.places.map((place) => result.gradient[place]!);
        total = addGradients(total, scored.backward({ logprobs: gradient }));
        const metrics = c.micro_batches === 1 ? step.metrics : step.metrics[k];
        for (const [name, want] of Object.entries(metrics)) {
          const tolerance = name.startsWith('clip_ratio/') ? CLIP_SHARE : NORM;
          assertClose(name, result.metrics[name] ?? [], want, tolerance);
        }
      }
      const gradients = total!; // there is at least one part
      const gradNorm = await update(optimizer, gradients, maxGradNorm);
      assertClose('loss', loss, step.loss, LOSS);
      assertClose(
        'new_logps',
        seen.flatMap((part) => Array.from(part)),
        step.new_logps,
        NORM,
      );
      assertRelative('grad_norm', gradNorm, step.grad_norm, NORM);
      if (step.clipped_grad_check) compareGradients(gradients, gradNorm, step.clipped_grad_check);
      compareWeights(model, step.weights_check);
      dispose(gradients);
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
      const ids: number[] = [...prompt, ...completion];
      part.sequences.push({
        ids,
        roles: ids.map((_, t) => (t < prompt.length ? 'ignore' : 'assistant')),
      });
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

async function score(model: Qwen3, part: Part): Promise<Float64Array> {
  const scored = await scoreSequences(model, part.sequences, {});
  scored.dispose();
  return scatter(part, scored.logprobs);
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
      const sequences: Sequence[] = chosen.map(({ ids, role }: Golden) => ({
        ids,
        roles: Array.from(molRoles(role), roleName),
      }));
      const batch = tokenBatch(sequences, { padId: 0 });
      // The terms of ignored tokens are compared as well.
      const targets = selectTargets(batch, sequences, { roles: ROLES });
      const { roles, sequenceIds } = targets;
      const { logprobs, kl, backward } = await scoreTargets(model, batch, targets, {
        ref: reference,
        kl: divergence === 'forward' ? 'forward' : 'reverse',
      });
      const result = molLoss({ logprobs, kl, roles, sequenceIds }, weightsOptions(c.options));
      const gradients = backward({
        logprobs: result.logprobGradient,
        kl: result.klGradient,
      });
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
      dispose(gradients);
    });
  }
  optimizer.dispose();
  model.dispose();
  reference.dispose();
}
