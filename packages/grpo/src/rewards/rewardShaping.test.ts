// One file for TRL's reward functions: each is a formula of one line, checked against TRL by the conformance cases.
import { expect, test } from 'vitest';
import { effectiveSampleSize } from '../correction/effectiveSampleSize.ts';
import { cosineScaledReward } from './cosineScaledReward.ts';
import { overlongPenalty } from './overlongPenalty.ts';
import { repetitionPenalty } from './repetitionPenalty.ts';
import { thinkFormatReward } from './thinkFormatReward.ts';

test('what is no length, judgement, count or text is refused by name', () => {
  const cosine = (correct: unknown, length: unknown, options: unknown = { maxLength: 10 }) => {
    return () =>
      cosineScaledReward(correct as boolean, length as number, options as { maxLength: 1 });
  };
  expect(cosine(true, Number.NaN)).toThrow('length must be a finite number >= 0, got NaN');
  expect(cosine(0.5, 1)).toThrow('correct must be true or false, got 0.5');
  expect(cosine(true, 1, {})).toThrow('cosineScaledReward: needs maxLength');
  expect(cosine(true, 1, { maxLength: 0 })).toThrow('maxLength must be a finite number > 0');
  expect(cosine(true, 1, { maxLength: 10, max_len: 1 })).toThrow("Did you mean 'maxLength'?");
  const overlong = (length: unknown, options: object) => () =>
    overlongPenalty(length as number, options as { maxCompletionLength: 1; softPunishCache: 1 });
  expect(overlong(-1, { maxCompletionLength: 10, softPunishCache: 2 })).toThrow('length must be');
  expect(overlong(1, { maxCompletionLength: 10 })).toThrow(
    'overlongPenalty: needs softPunishCache',
  );
  expect(overlong(1, { maxCompletionLength: '10', softPunishCache: 2 })).toThrow("got '10'");
  expect(() => repetitionPenalty([1, 1], { ngramSize: 0 })).toThrow('ngramSize must be');
  expect(() => repetitionPenalty([1, 1], { maxPenalty: Number.NaN })).toThrow('maxPenalty must be');
  expect(() => repetitionPenalty('aaa' as never)).toThrow('completionIds must be an array');
  expect(() => thinkFormatReward(undefined as never)).toThrow('completion must be a string');
  expect(() => effectiveSampleSize([1, Number.NaN])).toThrow('got NaN at position 1');
  expect(() => effectiveSampleSize([1, -1])).toThrow('got -1 at position 1');
});
