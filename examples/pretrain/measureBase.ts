import { collect, createRandom, type Environment, mixSeeds, quiz } from '@molrl/ef-env';
import { DOMAINS } from '../compare/domains/domains.ts';
import { SKILLS } from '../trainer/games/codewordsSkills.ts';
import type { Learner } from '../trainer/method/learner.ts';
import { textDrift } from '../trainer/method/textDrift.ts';
import { heldOutHalf, readShippedText } from '../trainer/model/generalText.ts';

/** Domains that a base of these documents can be asked. */
const ASKED = [
  'codewords',
  'chains',
  'knights-knaves',
  'largest-island',
  'simple-equations',
  'sums',
] as const;
type Asked = (typeof ASKED)[number];

/** What a base can do before anything is learned from feedback, on validation tasks. */
export interface BaseMeasured {
  /** Share of right first attempts at temperature 1. */
  domains: Record<Asked, number>;
  /** Greedy. */
  skills: Record<keyof typeof SKILLS, number>;
  /** Nats per token of unseen text. */
  textNll: number;
}

export async function measureBase(
  learner: Learner,
  { tasks, signal }: { tasks: number; signal: AbortSignal },
): Promise<BaseMeasured> {
  const share = async <Task extends object>(
    environment: Environment<Task>,
    asked: Task[],
    { temperature, maxTokens }: { temperature: number; maxTokens: number },
  ): Promise<number> => {
    const episodes = await collect(environment, learner.policy, {
      ...{ tasks: asked, seed: 0, temperature, maxTokens, concurrency: 128, signal },
    });
    return episodes.filter(({ reward }) => reward === 1).length / episodes.length;
  };
  const domains: Partial<Record<Asked, number>> = {};
  for (const name of ASKED) {
    const { silent, maxTokens, heldOut } = DOMAINS[name] as (typeof DOMAINS)['codewords']; // its own tasks
    domains[name] = await share(silent, heldOut('validation', tasks), {
      temperature: 1,
      maxTokens,
    });
  }
  const skills: Partial<Record<keyof typeof SKILLS, number>> = {};
  for (const name of Object.keys(SKILLS) as (keyof typeof SKILLS)[]) {
    const random = createRandom(mixSeeds('evaluation', 'validation', name));
    const asked = Array.from({ length: tasks }, () => SKILLS[name](random));
    skills[name] = await share(quiz(), asked, { temperature: 0, maxTokens: 56 });
  }
  const text = await readShippedText(learner.tokenizer);
  const { nll } = await textDrift(learner, heldOutHalf(text, 'validation'), signal);
  return {
    domains: domains as BaseMeasured['domains'], // each was asked
    skills: skills as BaseMeasured['skills'],
    textNll: nll.reduce((sum, value) => sum + value, 0) / nll.length,
  };
}
