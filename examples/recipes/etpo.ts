// ETPO (Wen et al. 2024, https://arxiv.org/abs/2402.06700) with the decomposition of POAD (https://arxiv.org/abs/2405.15821):
// a critic gives every token its Q, and nothing is discounted inside a turn.
//
//     V(s)  = E_pi[Q'(s, w)] - beta KL(pi || rho)                 Q': the target critic, rho: the frozen reference
//     y     = V(next token) inside a turn;  r + gamma V(first token of the next turn) at its end
//     L_Q   = mean of (y - Q(s, w))^2 / 2        L_pi = mean of beta KL(pi || rho exp(Q / beta) / Z), which is - V up to beta log Z
//
// Departs from the paper: see docs/methods/etpo.md.
import { gae, poadAdvantages } from '@molrl/grpo';
import {
  packedBatch,
  type ScoringInput,
  scoreTargets,
  selectTargets,
  targetLogprobs,
} from '@molrl/qwen3';
import type { Optimizer } from '@molrl/tensor-gpu';
import * as tf from '@tensorflow/tfjs-core';
import type { AttemptGame } from '../trainer/method/attemptGame.ts';
import type { Learner } from '../trainer/method/learner.ts';
import {
  type DialogueSequence,
  dialogueTokens,
  readEpisodes,
} from '../trainer/method/live/episodes.ts';
import { playGroups } from '../trainer/method/playGroups.ts';
import type { Stage, StageStep } from '../trainer/method/stage.ts';
import { bestPolicy, type Critic, follow, saidQ } from './etpo/critic.ts';

export interface EtpoOptions<Task> {
  game: AttemptGame<Task>;
  updates: number;
  /** Episodes per update. */
  episodes: number;
  learningRate: number;
  /** Price of leaving the reference, in units of reward per nat. */
  beta: number;
  gamma: number;
  /** Share of later rewards in a target, as in POAD. At 0 it is the paper's backup by one token, `softBellmanTargets`. */
  lambda: number;
  /** `'turns'`: POAD's decomposition. `'tokens'`: its ablation NTPO, which discounts inside turns too. */
  discount: 'turns' | 'tokens';
  /** Steps of the critic on each batch, and their rate. */
  criticSteps: number;
  criticRate: number;
  /** What the target keeps of itself after each update. */
  polyak: number;
}

/** Q, the slow copy of it that is backed up, and what moves it. */
export interface Critics {
  critic: Critic;
  target: Critic;
  optimizer: Optimizer;
}

/** Yields after every update. */
export async function* etpo<Task>(
  both: { learner: Learner; critics: Critics },
  stage: Stage,
  options: EtpoOptions<Task>,
): AsyncGenerator<StageStep> {
  const { learner, critics } = both;
  const { game, updates, episodes: numGenerations, learningRate } = options;
  for (let step = stage.step; step < updates; step++) {
    const { trajectories } = await playGroups(learner, stage, { game, prompts: 1, numGenerations });
    const sequences = readEpisodes(trajectories, numGenerations).map((episode) => ({
      ...dialogueTokens(learner, episode),
      rewards: episode.attempts.map(({ reward }) => reward ?? 0),
    }));
    const said = sequences.map(({ ids, roles }) => ({
      ids,
      roles: roles.map((role) => (role === 'assistant' ? role : ('ignore' as const))),
    }));
    const batch = packedBatch(said);
    const scoring: ScoringInput = { batch, targets: selectTargets(batch, said) };
    const values = await softValuesOf({ learner, critic: critics.target }, scoring, options.beta);
    const wanted = targetsOf({ ...options, values, sequences });
    let criticLoss = 0;
    for (let k = 0; k < options.criticSteps; k++)
      criticLoss = await moveCritic(critics, scoring, { wanted, learningRate: options.criticRate });
    follow(critics.target, critics.critic, options.polyak);
    const { kl, gradNorm } = await movePolicy(both, stage, { scoring, ...options, learningRate });
    stage.endUpdate();
    const reward = sequences.reduce((sum, own) => sum + own.rewards.at(-1)!, 0) / sequences.length;
    const metrics = { reward, critic_loss: criticLoss, kl_best: kl, grad_norm: gradNorm };
    yield { step: step + 1, of: updates, metrics };
  }
}

/**
 * The soft value of what stands before each token, from chunked heads: of the best policy for Q it is
 * beta log Z = Q(w) - beta (log best(w) - log rho(w)) by any token w, and pi is worth beta KL(pi || best) less.
 */
export async function softValuesOf(
  { learner, critic }: { learner: Pick<Learner, 'model' | 'ref'>; critic: Critic },
  scoring: ScoringInput,
  beta: number,
): Promise<Float64Array> {
  const { batch, targets } = scoring;
  const best = bestPolicy({ ref: learner.ref, critic }, beta);
  const scored = await scoreTargets(learner.model, batch, targets, { ref: best, kl: 'reverse' });
  const { kl } = scored;
  scored.dispose();
  const logBest = await targetLogprobs(best, scoring);
  const logRho = await targetLogprobs(learner.ref, scoring);
  const { q, tape } = saidQ(critic, scoring);
  const ofSaid = await q.data<'float32'>();
  tape.dispose();
  q.dispose();
  best.dispose();
  return Float64Array.from(ofSaid, (own, i) => own - beta * (logBest[i]! - logRho[i]! + kl[i]!));
}

interface Backup extends Pick<EtpoOptions<unknown>, 'gamma' | 'lambda' | 'discount'> {
  /** Of what stands before each token that was said. */
  values: Float64Array;
  /** `rewards`: one a turn. */
  sequences: readonly (Pick<DialogueSequence, 'roles' | 'turns'> & {
    rewards: readonly number[];
  })[];
}

/** What Q of each token that was said is to become. */
export function targetsOf({ values, sequences, gamma, lambda, discount }: Backup): Float64Array {
  let start = 0;
  return Float64Array.from(
    sequences.flatMap(({ roles, turns: all, rewards }) => {
      const turns = roles.flatMap((role, t) => (role === 'assistant' ? all[t]! : []));
      const own = values.subarray(start, start + turns.length);
      start += turns.length;
      const tokenRewards = turns.map((turn, t) => (turn === turns[t + 1] ? 0 : rewards[turn]!));
      const data = { tokenRewards, values: own, sequenceLength: turns.length };
      return Array.from(
        discount === 'turns'
          ? poadAdvantages({ ...data, turns }, { gamma, lambda }).returns
          : gae({ ...data, completionMask: turns.map(() => 1) }, { gamma, lambda }).returns,
      );
    }),
  );
}

async function moveCritic(
  { critic, optimizer }: Critics,
  scoring: ScoringInput,
  { wanted, learningRate }: { wanted: Float64Array; learningRate: number },
): Promise<number> {
  const { q, tape } = saidQ(critic, scoring);
  const now = await q.data<'float32'>();
  const errors = now.map((own, i) => own - wanted[i]!); // one a token
  const cotangent = tf.tensor1d(errors.map((error) => error / now.length));
  const gradients = tape.backward([[q, cotangent]], critic.trainable());
  await optimizer.step(gradients, { learningRate, maxGradNorm: 10 });
  tf.dispose([q, cotangent, gradients]);
  return errors.reduce((sum, error) => sum + error ** 2 / 2, 0) / errors.length;
}

async function movePolicy(
  { learner, critics: { critic } }: { learner: Learner; critics: Critics },
  stage: Stage,
  { scoring, beta, learningRate }: { scoring: ScoringInput; beta: number; learningRate: number },
): Promise<{ kl: number; gradNorm: number }> {
  const { batch, targets } = scoring;
  const best = bestPolicy({ ref: learner.ref, critic }, beta);
  const { kl, backward } = await scoreTargets(learner.model, batch, targets, {
    ref: best,
    kl: 'reverse',
  });
  const gradients = backward({ kl: kl.map(() => beta / kl.length) });
  const { gradNorm } = await stage.move(gradients, { learningRate, maxGradNorm: 10 });
  tf.dispose(gradients);
  best.dispose();
  return { kl: kl.reduce((sum, own) => sum + own, 0) / kl.length, gradNorm };
}
