import { quiz } from '@molrl/ef-env';
import { DOMAINS } from '../compare/domains/domains.ts';
import { type MeasureOptions, sampledAccuracy, skillAccuracy } from '../compare/measure.ts';
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
  { tasks, signal }: Pick<MeasureOptions, 'tasks' | 'signal'>,
): Promise<BaseMeasured> {
  const options = { split: 'validation', tasks, seed: 0, signal } as const;
  const domains: Partial<BaseMeasured['domains']> = {};
  for (const name of ASKED) domains[name] = await sampledAccuracy(learner, DOMAINS[name], options);
  const skills: Partial<BaseMeasured['skills']> = {};
  for (const name of Object.keys(SKILLS) as (keyof typeof SKILLS)[]) {
    const asked = { environment: quiz(), name, draw: SKILLS[name] };
    skills[name] = await skillAccuracy(learner, asked, options);
  }
  const text = await readShippedText(learner.tokenizer);
  const { nll } = await textDrift(learner, heldOutHalf(text, 'validation'), signal);
  return {
    domains: domains as BaseMeasured['domains'], // each was asked
    skills: skills as BaseMeasured['skills'],
    textNll: nll.reduce((sum, value) => sum + value, 0) / nll.length,
  };
}
