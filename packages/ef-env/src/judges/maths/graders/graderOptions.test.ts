import { expect, test } from 'vitest';
import { mathEqual } from '../compare/mathEqual.ts';
import { extractAnswer } from '../extract/extractAnswer.ts';
import { extractLetter } from '../extract/extractLetter.ts';
import { gsm8kAnswer } from '../extract/gsm8kAnswer.ts';
import { accuracyReward } from './accuracyReward.ts';
import { computeEngineEqual } from './computeEngineEqual.ts';
import { gradeMath } from './gradeMath.ts';
import { minervaGrade } from './minervaGrade.ts';
import { trlAccuracyReward } from './trlAccuracyReward.ts';

type Call = (options: object) => unknown;
const CALLS: [caller: string, call: Call, wrong: string, near: string][] = [
  ['gradeMath', (o) => gradeMath('1', '1', o), 'stops', 'stop'],
  ['gradeMath', (o) => gradeMath('1', '1', o), 'presision', 'precision'],
  ['mathEqual', (o) => mathEqual('1', '1', o), 'allow_set_relation', 'allowSetRelation'],
  ['extractAnswer', (o) => extractAnswer('1', o), 'target', 'targets'],
  ['accuracyReward', (o) => accuracyReward('1', '1', o), 'reasoning_delimiters', 'reasoningDelimiters'],
  ['trlAccuracyReward', (o) => trlAccuracyReward('1', '1', o), 'reasoning_delimiters', 'reasoningDelimiters'],
  ['gsm8kAnswer', (o) => gsm8kAnswer('#### 1', o), 'stopp', 'stop'],
  ['minervaGrade', (o) => minervaGrade('1', 'Answer: 1', o), 'extracts', 'extract'],
  ['extractLetter', (o) => extractLetter('A', o), 'letter', 'letters'],
]; // biome-ignore format: a table

test.each(CALLS)('%s names the option nearest to %3$s', (caller, call, wrong, near) => {
  expect(() => call({ [wrong]: 1 })).toThrow(new RegExp(`^${caller}: .*'${wrong}'.*'${near}'`));
});

test('computeEngineEqual rejects an option that it does not know', async () => {
  await expect(computeEngineEqual('1', '1', { timeLimit: 5 } as object)).rejects.toThrow(
    'timeLimit',
  );
});

test('null is no stop text, and an exact precision', () => {
  expect(gradeMath('1', '1', { stop: null } as object).correct).toBe(true);
  expect(gradeMath('1/3', '0.333333').correct).toBe(true);
  expect(gradeMath('1/3', '0.333333', { precision: null }).correct).toBe(false);
});
