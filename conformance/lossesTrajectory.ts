import { join } from 'node:path';
import { groupAdvantages, type PolicyLossCall, policyLoss } from '@molrl/grpo';
import { molLoss, ROLE_CODES, type Role } from '@molrl/mol-loss';
import {
  addGradients,
  type Gradients,
  loadModel,
  type Qwen3,
  scoreTargets,
  selectTargets,
  type Targets,
  type TokenBatch,
  targetLogprobs,
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
  const model = await loadModel(checkpoint);
  const reference = await loadModel(checkpoint);
  const optimizer = adamw(model.trainable(), { learningRate: lr, betas, eps, weightDecay });
  let old: ArrayLike<number>[] = [];
  for (const [index, step] of c.steps.entries()) {
    const rollout = readRollout(golden.rollouts[step.round], c.micro_batches);
    if (step.iteration === 0)
      old = await Promise.all(rollout.parts.map((part) => targetLogprobs(model, part)));
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
      const seen: number[] = [];
      let loss = 0;
      for (const [k, part] of rollout.parts.entries()) {
        const { batch, targets } = part;
        const { logprobs, refLogprobs, entropies, backward } = await scoreTargets(
          model,
          batch,
          targets,
          { entropy: true, ref: reference },
        );
        const result = policyLoss(
          {
            ...{ logprobs, refLogprobs, entropies, oldLogprobs: old[k] },
            advantages: advantages.slice(k * part.rows, (k + 1) * part.rows),
            sequenceIds: targets.sequenceIds,
          },
          options,
        );
        loss += result.loss;
        seen.push(...logprobs);
        total = addGradients(total, backward({ logprobs: result.gradient }));
        const metrics = c.micro_batches === 1 ? step.metrics : step.metrics[k];
        for (const [name, want] of Object.entries(metrics)) {
          const tolerance = name.startsWith('clip_ratio/') ? CLIP_SHARE : NORM;
          assertClose(name, result.metrics[name] ?? [], want, tolerance);
        }
      }
      const gradients = total!; // there is at least one part
      const gradNorm = await update(optimizer, gradients, maxGradNorm);
      assertClose('loss', loss, step.loss, LOSS);
      const trained = flat(step.new_logps).filter((_, place) => rollout.mask[place]);
      assertClose('new_logps', seen, trained, NORM);
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
  batch: TokenBatch;
  targets: Targets;
  rows: number;
}

/** A generation round, cut into micro-batches: of each completion the tokens that the tool mask leaves are trained. */
function readRollout(rollout: Golden, microBatches: number) {
  const { completions, prompts, tool_mask: toolMask, rewards } = rollout;
  const mask = toolMask.flatMap((row: number[], i: number) =>
    row.map((trained, t) => t < completions[i].length && trained === 1),
  ) as boolean[];
  const rows = completions.length / microBatches;
  const perPrompt = completions.length / prompts.length;
  const all: Sequence[] = completions.map((completion: number[], i: number) => {
    const prompt: number[] = prompts[Math.floor(i / perPrompt)];
    const roles = [...prompt.map(() => 0), ...toolMask[i].slice(0, completion.length)];
    return {
      ids: [...prompt, ...completion],
      roles: roles.map((trained) => (trained ? 'assistant' : 'ignore')),
    };
  });
  const parts = Array.from({ length: microBatches }, (_, k): Part => {
    const sequences = all.slice(k * rows, (k + 1) * rows);
    const batch = tokenBatch(sequences, { padId: 0 });
    return { batch, targets: selectTargets(batch, sequences), rows };
  });
  const items = mask.filter(Boolean).length;
  return { parts, mask, items, rewards: rewards as number[] };
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
  const model = await loadModel(checkpoint);
  const reference = await loadModel(checkpoint);
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
