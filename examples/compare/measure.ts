import {
  collect,
  createRandom,
  type Environment,
  mixSeeds,
  passAtK,
  type QuizTask,
  type Random,
} from '@molrl/ef-env';
import type { GeneralText } from '../trainer/harness/run.ts';
import type { Learner } from '../trainer/method/learner.ts';
import { textDrift } from '../trainer/method/textDrift.ts';
import { heldOutHalf } from '../trainer/model/generalText.ts';
import type { Domain, SkillName, Split } from './domains/domain.ts';

/** Measured on held-out tasks without feedback. */
export interface Measured {
  /** Share of right answers at temperature 1, and greedy. */
  accuracy: number;
  greedy: number;
  /** At least one of 8 sampled answers is right. */
  passAt8: number;
  /** What the base could do, greedy. */
  skills: Record<SkillName, number>;
  /** Nats per token on unseen text, and KL(model || base) there. */
  textNll: number;
  textKl: number;
}

export interface MeasureOptions {
  split: Split;
  tasks: number;
  seed: number;
  signal: AbortSignal;
}

/** Everything once; the same tasks for every method and seed. */
export async function measure(
  learner: Learner,
  { domain, text }: { domain: Domain; text: GeneralText },
  options: MeasureOptions,
): Promise<Measured> {
  const { split, tasks } = options;
  const held = domain.heldOut(split, tasks);
  const sampled = await solve(learner, domain, { ...options, held, temperature: 1, groupSize: 1 });
  const greedy = await solve(learner, domain, { ...options, held, temperature: 0, groupSize: 1 });
  const few = held.slice(0, Math.ceil(tasks / 4));
  const many = await solve(learner, domain, {
    ...options,
    held: few,
    temperature: 1,
    groupSize: 8,
  });
  const groups = few.map((_, i) => many.slice(8 * i, 8 * i + 8).filter(Boolean).length);
  const { environment, tasks: drawOf } = domain.skills;
  const skill = (name: SkillName): Promise<number> =>
    skillAccuracy(learner, { environment, name, draw: drawOf[name] }, options);
  const { nll, kl } = await textDrift(learner, heldOutHalf(text, split), options.signal);
  return {
    accuracy: share(sampled),
    greedy: share(greedy),
    passAt8: mean(groups.map((right) => passAtK(8, right, 8))),
    skills: { plain: await skill('plain'), defs: await skill('defs'), redef: await skill('redef') },
    textNll: mean(nll),
    textKl: mean(kl),
  };
}

/** Accuracy at temperature 1 alone: what a learning rate is chosen by. */
export async function sampledAccuracy(
  learner: Learner,
  domain: Domain,
  options: MeasureOptions,
): Promise<number> {
  const held = domain.heldOut(options.split, options.tasks);
  return share(await solve(learner, domain, { ...options, held, temperature: 1, groupSize: 1 }));
}

async function solve(
  { policy }: Learner,
  domain: Domain,
  options: MeasureOptions & {
    held: ReturnType<Domain['heldOut']>;
    temperature: number;
    groupSize: number;
  },
): Promise<boolean[]> {
  const { held, temperature, groupSize, seed, signal } = options;
  const episodes = await collect(domain.silent, policy, {
    ...{ tasks: held, groupSize, seed: mixSeeds(seed, 'evaluation'), temperature, signal },
    ...{ maxTokens: domain.maxTokens, concurrency: 128 },
  });
  return episodes.map(({ reward }) => reward === 1);
}

/** Questions of one skill. */
interface Asked {
  environment: Environment<QuizTask>;
  name: string;
  draw(random: Random): QuizTask;
}

/** Share of greedy answers that are right; the same questions for every model. */
export async function skillAccuracy(
  { policy }: Learner,
  { environment, name, draw }: Asked,
  { split, tasks, seed, signal }: MeasureOptions,
): Promise<number> {
  const random = createRandom(mixSeeds('evaluation', split, name));
  const asked = Array.from({ length: tasks }, () => draw(random));
  const episodes = await collect(environment, policy, {
    ...{ tasks: asked, seed: mixSeeds(seed, 'evaluation'), temperature: 0, signal },
    ...{ maxTokens: 56, concurrency: 128 },
  });
  return share(episodes.map(({ reward }) => reward === 1));
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, x) => sum + x, 0) / values.length;
const share = (right: readonly boolean[]): number => mean(right.map(Number));
