import { collect, createRandom, mixSeeds, type Trajectory } from '@molrl/ef-env';
import type { GeneralText } from '../trainer/harness/run.ts';
import { generalData } from '../trainer/method/generalData.ts';
import { grpo } from '../trainer/method/grpo.ts';
import type { Learner } from '../trainer/method/learner.ts';
import { live } from '../trainer/method/live/live.ts';
import { PRESETS, type PresetName } from '../trainer/method/live/presets.ts';
import { Stage, type StageStep } from '../trainer/method/stage.ts';
import { type TeachMethod, teach } from '../trainer/method/teach.ts';
import { type Weights, writeWeights } from '../trainer/method/weights.ts';
import { type Budget, liveShape } from './budget.ts';
import type { Domain } from './domains/domain.ts';
import type { Plan } from './plans.ts';

/** What a stage has used, and how it went. */
export interface Spent {
  /** Generated. */
  tokens: number;
  updates: number;
  seconds: number;
  /** Mean reward of first attempts at each update that sampled. */
  rewards: number[];
}

export interface PlanRun {
  learner: Learner;
  domain: Domain;
  text: GeneralText;
  /** The base's weights: every method starts from them. */
  fresh: Weights;
  budget: Budget;
  seed: number;
  /** Of the method's own stage. */
  learningRate: number;
  /** Of GRPO behind a first stage. */
  grpoLearningRate: number;
  signal: AbortSignal;
  onWarning(message: string): void;
}

/** Runs a method; `onArm` is called with the model as it is after each stage. */
export async function runPlan(
  plan: Plan,
  run: PlanRun,
  onArm: (id: string, spent: Spent) => Promise<void>,
): Promise<void> {
  const spent: Spent = { tokens: 0, updates: 0, seconds: 0, rewards: [] };
  writeWeights(run.learner.model.trainable(), run.fresh);
  if (plan.kind === 'base') return onArm(plan.id, spent);
  if (plan.kind === 'episodes') {
    await learnEpisodes(run, plan.id, spent);
    await onArm(plan.id, structuredClone(spent));
    await reinforce(run, spent);
    return onArm(`${plan.id}+grpo`, spent);
  }
  const { liveUpdates } = run.budget;
  const half = liveUpdates >> 1;
  const first = { name: 'live', spent, updates: plan.thenGrpo ? half : liveUpdates };
  await learnLive(run, plan.id, first);
  await onArm(plan.id, structuredClone(spent));
  if (!plan.thenGrpo) return;
  const second = { ...run, learningRate: run.grpoLearningRate };
  await learnLive(second, 'grpo', { name: 'grpo', spent, updates: liveUpdates - half });
  await onArm(`${plan.id}+grpo`, spent);
}

/** The base plays, then the model learns from what was said. */
async function learnEpisodes(run: PlanRun, method: TeachMethod, spent: Spent): Promise<void> {
  const { learner, domain, text, budget, seed, learningRate, signal } = run;
  const started = performance.now();
  const random = createRandom(mixSeeds(seed, 'feedback tasks'));
  const played = await collect(domain.told, learner.policy, {
    tasks: Array.from({ length: budget.episodes }, () => domain.firstTask(random)),
    ...{ seed, maxTurns: 4, maxTokens: domain.maxTokens, temperature: 1, concurrency: 64, signal },
  });
  spent.tokens += sampledTokens(played);
  spent.seconds += (performance.now() - started) / 1000;
  const { teachUpdates: updates, batchSize, generalBatchSize, alpha = 0.3 } = budget;
  await drive(run, { name: 'teach', learningRate, spent }, (stage) =>
    teach(learner, stage, {
      episodes: played.map(({ segments }) => learner.render(segments)),
      nextGeneral: generalData(learner, text.train, domain.skills.document),
      ...{ method, alpha, updates, learningRate, batchSize, generalBatchSize, seed },
    }),
  );
}

/** GRPO on single attempts without feedback. */
async function reinforce(run: PlanRun, spent: Spent): Promise<void> {
  const { learner, domain, text, budget, grpoLearningRate: learningRate, signal } = run;
  const { grpoUpdates: updates, prompts, numGenerations, generalKl = 0 } = budget;
  const game = {
    environment: domain.silent,
    nextTask: domain.nextTask,
    maxTokens: domain.maxTokens,
  };
  await drive(run, { name: 'grpo', learningRate, spent }, (stage) =>
    grpo(learner, stage, {
      ...{ game, updates, learningRate, prompts, numGenerations, generalKl, signal },
      nextGeneral: generalData(learner, text.train, domain.skills.document),
    }),
  );
}

/** A method on live feedback. */
async function learnLive(
  run: PlanRun,
  preset: PresetName,
  { name, spent, updates }: { name: string; spent: Spent; updates: number },
): Promise<void> {
  const { learner, domain, budget, learningRate, signal, onWarning } = run;
  const method = PRESETS[preset](learner);
  const game = { environment: domain.told, nextTask: domain.nextTask, maxTokens: domain.maxTokens };
  const shape = liveShape(budget, method.turns);
  try {
    await drive(run, { name, learningRate, spent }, (stage) =>
      live(learner, stage, { game, method, updates, learningRate, ...shape, signal, onWarning }),
    );
  } finally {
    method.dispose();
  }
}

/** All updates of a stage. The same name for every method: all see the same tasks, and those of a second stage are new. */
async function drive(
  { learner, seed, signal }: PlanRun,
  { name, learningRate, spent }: { name: string; learningRate: number; spent: Spent },
  steps: (stage: Stage) => AsyncGenerator<StageStep>,
): Promise<void> {
  const started = performance.now();
  const stage = new Stage(learner.model.trainable(), { name, seed, learningRate });
  try {
    for await (const { metrics, episodes } of steps(stage)) {
      signal.throwIfAborted();
      spent.updates += 1;
      spent.tokens += metrics.num_tokens ?? sampledTokens(episodes?.trajectories ?? []);
      if (metrics.reward !== undefined) spent.rewards.push(metrics.reward);
    }
  } finally {
    stage.dispose();
  }
  spent.seconds += (performance.now() - started) / 1000;
}

const sampledTokens = (episodes: readonly Trajectory[]): number =>
  episodes
    .flatMap(({ segments }) => segments)
    .reduce((sum, { tokens }) => sum + (tokens?.ids.length ?? 0), 0);
