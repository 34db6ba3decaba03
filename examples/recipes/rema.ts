// ReMA (Wan et al. 2025, https://arxiv.org/abs/2503.09501): a planner and a solver with one set of weights and two system
// messages learn together from the outcome; a turn is one action, with one ratio and one clip.
//
//     A[i] = (R[i] - mean of the group) / (std + 1e-4)      R: sum of the turns' rewards, 0 for a dialogue that did not finish
//     r    = exp(mean of log pi - log old over the turn)    (as the code; the paper has the mean of the ratios)
//     L    = mean over trajectories of the mean over turns of max(-A r, -A clip(r)), at most 3 |A| where A < 0
//
// Departs from the paper: see docs/methods/rema.md.
import { collectDialogue, type Dialogue, type Random, type Trajectory } from '@molrl/ef-env';
import { groupAdvantages, type TurnRatioOptions, turnRatioLoss, turnReturns } from '@molrl/grpo';
import { dispose } from '@tensorflow/tfjs-core';
import type { Learner, Sequence } from '../trainer/method/learner.ts';
import { passesOf, sumOfPasses } from '../trainer/method/passes.ts';
import { score } from '../trainer/method/score.ts';
import type { Stage, StageStep } from '../trainer/method/stage.ts';

export interface RemaOptions<Task, Role extends string> {
  dialogue: Dialogue<Task, Role>;
  nextTask(random: Random): Task;
  updates: number;
  /** P and G. */
  prompts: number;
  numGenerations: number;
  maxTokens: number;
  learningRate: number;
  /** Roles that learn; the others only play. */
  trained: readonly Role[];
  /** Passes over each batch: from the second on there is a ratio to clip. */
  iterations: number;
  /** `'token'`: every token is a turn of its own, which is the usual ratio. */
  ratioOf: 'turn' | 'token';
  turnRatio?: TurnRatioOptions['turnRatio'];
}

/** What a role said in one dialogue. */
interface RoleRow {
  sequence: Sequence;
  /** Of each token that it said. */
  turns: number[];
  advantage: number;
  oldLogprobs?: Float32Array;
}

/** Yields after every batch of dialogues. */
export async function* rema<Task, Role extends string>(
  learner: Learner,
  stage: Stage,
  options: RemaOptions<Task, Role>,
): AsyncGenerator<StageStep> {
  const { dialogue, updates, prompts, numGenerations, maxTokens } = options;
  for (let step = stage.step; step < updates; step++) {
    const tasks = Array.from({ length: prompts }, () => options.nextTask(stage.random));
    const seed = stage.random.integer(2 ** 32);
    const played = await collectDialogue(dialogue, learner.policy, {
      ...{ tasks, groupSize: numGenerations, maxTokens, seed },
    });
    const outcomes = outcomesOf(played);
    const advantages = groupAdvantages(outcomes, { numGenerations });
    const rows = options.trained.flatMap((role) =>
      played[role].flatMap((view, i) =>
        roleRow(learner, view, { ...options, advantage: advantages[i]! }),
      ),
    );
    const metrics = { reward: outcomes.reduce((sum, own) => sum + own, 0) / outcomes.length };
    for (let k = 0; k < options.iterations && rows.length > 0; k++)
      Object.assign(metrics, await move(learner, stage, { ...options, rows }));
    stage.endUpdate();
    yield { step: step + 1, of: updates, metrics };
  }
}

/** The sum of the rewards of all roles' turns is what a dialogue is worth; one that did not finish is worth 0. */
export function outcomesOf(played: Record<string, readonly Trajectory[]>): number[] {
  const [any = [], ...others] = Object.values(played);
  return any.map((view, i) => {
    if (view.stop !== 'done') return 0;
    const last = [view, ...others.map((own) => own[i]!)].map(lastReward); // as many views of each role
    return Math.max(...last);
  });
}

/** A reward of the team stands at the last turn of each role. */
const lastReward = ({ segments }: Trajectory): number => {
  const rewards = segments.flatMap(({ kind, reward }) => (kind === 'policy' ? [reward ?? 0] : []));
  return turnReturns(rewards)[0] ?? 0;
};

/** Only what the role said is a target: what it was told is not. None where nothing is to be learned. */
export function roleRow(
  { render }: Pick<Learner, 'render'>,
  view: Trajectory,
  { advantage, ratioOf }: { advantage: number; ratioOf: 'turn' | 'token' },
): RoleRow[] {
  const { ids, sampled, turns } = render(view.segments);
  const own = Array.from(turns).filter((_, t) => sampled[t] === 1);
  if (own.length === 0 || advantage === 0) return [];
  const roles = Array.from(sampled, (is) => (is ? ('assistant' as const) : ('ignore' as const)));
  const alone = own.map((_, t) => t);
  return [{ sequence: { ids, roles }, turns: ratioOf === 'turn' ? own : alone, advantage }];
}

async function move(
  learner: Learner,
  stage: Stage,
  {
    rows,
    learningRate,
    turnRatio,
  }: { rows: RoleRow[]; learningRate: number } & Pick<RemaOptions<unknown, string>, 'turnRatio'>,
): Promise<Record<string, number>> {
  const { gradients, metrics } = await sumOfPasses(passesOf(learner, rows), async (pass) => {
    const { logprobs, backward } = await score(learner, pass);
    const known = pass.items.flatMap(({ oldLogprobs }) => Array.from(oldLogprobs ?? []));
    const loss = turnRatioLoss(
      {
        logprobs,
        ...(known.length > 0 && { oldLogprobs: known }),
        advantages: pass.items.map(({ advantage }) => advantage),
        turns: pass.items.flatMap(({ turns }) => turns),
        sequenceIds: pass.targets.sequenceIds,
      },
      { turnRatio, numTurnSequences: rows.length },
    );
    let start = 0;
    for (const row of pass.items) {
      row.oldLogprobs ??= logprobs.slice(start, start + row.turns.length);
      start += row.turns.length;
    }
    return {
      gradients: backward({ logprobs: loss.gradient }),
      loss: loss.loss,
      means: [{ tokens: logprobs.length, metrics: loss.metrics }],
    };
  });
  if (!gradients) return metrics;
  const { gradNorm } = await stage.move(gradients, { learningRate, maxGradNorm: 1 });
  dispose(gradients);
  return { ...metrics, grad_norm: gradNorm };
}
