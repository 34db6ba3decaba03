import { expect, test } from 'vitest';
import { accuracyReward } from './accuracyReward.ts';
import { extractLetter } from './extractLetter.ts';
import { gsm8kAnswer, lastInteger } from './gsm8kAnswer.ts';
import { hendrycksEqual } from './hendrycksEqual.ts';
import { minervaGrade, minervaNormalize } from './minervaGrade.ts';
import { prm800kGrade, prm800kNormalize, splitTuple } from './prm800kGrade.ts';
import { trlAccuracyReward } from './trlAccuracyReward.ts';

test('hendrycksEqual compares strings, so order and reduction matter', () => {
  expect(hendrycksEqual('\\frac{1}{2}', '1/2')).toBe(true);
  expect(hendrycksEqual('x=5', '5')).toBe(true);
  expect(hendrycksEqual('7', '7\\text{ meters}')).toBe(true);
  expect(hendrycksEqual('3\\sqrt2', '3\\sqrt{2}')).toBe(true);
  expect(hendrycksEqual('1, 2', '2, 1')).toBe(false);
  expect(hendrycksEqual('\\frac12', '\\frac24')).toBe(false);
});

test('prm800kGrade refuses an unreduced fraction and a tuple in other order', () => {
  expect(prm800kGrade('\\frac{3}{4}', '0.75')).toBe(true);
  expect(prm800kGrade('\\frac{1}{2}', '\\frac{2}{4}')).toBe(false);
  expect(prm800kGrade('(1, 2)', '(2, 1)')).toBe(false);
  expect(prm800kGrade('(1,2)', '[1,2]')).toBe(false);
  expect(prm800kGrade('5', '4.9')).toBe(false);
  expect(prm800kGrade('5', null)).toBe(false);
  expect(prm800kNormalize('1,234 meters')).toBe('1234');
  expect(splitTuple('(1, 2, 3)')).toEqual(['1', '2', '3']);
});

test('minervaGrade reads what follows the last Answer: in the last 300 characters', () => {
  expect(minervaGrade('42', 'Answer: 41\nAnswer: $42$')).toBe(true);
  expect(minervaGrade('42', `Answer: 42${' '.repeat(300)}`)).toBe(false);
  expect(minervaGrade('\\frac{1}{2}', 'so \\boxed{\\frac{1}{2}}', { extract: 'boxed' })).toBe(true);
  expect(minervaNormalize('x = 1,234 \\text{ dollars}')).toBe('1234');
});

test('gsm8kAnswer and lastInteger', () => {
  expect(gsm8kAnswer('#### 10\n#### 1,234')).toBe('1234');
  expect(gsm8kAnswer('none')).toBeNull();
  expect(lastInteger('64 + 67 = **131**')).toBe(131);
});

test('extractLetter takes the announced letter, not one that is denied', () => {
  expect(extractLetter('The answer is for sure D, it cannot be A or B')).toBe('D');
  expect(extractLetter('A. Because B is not valid')).toBe('A');
  expect(extractLetter('B不是 A')).toBe('B');
  expect(extractLetter('No valid answer here')).toBeNull();
});

test('accuracyReward gives null for a reference that is no mathematics', () => {
  expect(accuracyReward('63/400', '\\boxed{\\frac{63}{400}}')).toBe(1);
  expect(accuracyReward('forty two', '\\boxed{42}')).toBeNull();
  expect(accuracyReward('5', 'It is 5', { reasoningDelimiters: ['</think>'] })).toBe(0);
  expect(accuracyReward('5', 'hm</think>\\boxed{5}', { reasoningDelimiters: ['</think>'] })).toBe(
    1,
  );
});

test('trlAccuracyReward counts only boxes and announced formulas', () => {
  expect(trlAccuracyReward('7', 'The final answer is $7$.')).toBe(1);
  expect(trlAccuracyReward('7', '$7$')).toBe(0);
  expect(trlAccuracyReward('7', '\\boxed{7')).toBe(0);
  expect(trlAccuracyReward('(1,2)', '\\boxed{(1,2)}')).toBeNull();
  expect(trlAccuracyReward('$(1,2)$', '\\boxed{(1,2)}')).toBe(1);
  expect(trlAccuracyReward('7', '\\boxed{7}', { reasoningDelimiters: ['</think>'] })).toBe(0);
});
