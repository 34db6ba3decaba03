import { expect, test } from 'vitest';
import { extractLetter } from '../extract/extractLetter.ts';
import { gsm8kAnswer, lastInteger } from '../extract/gsm8kAnswer.ts';
import { accuracyReward } from './accuracyReward.ts';
import { gradeMath } from './gradeMath.ts';
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

test.each([
  ['#### 10\n#### 1,234', '1234'], ['x #### $1,200', '1200'], ['x #### **18**', '18'], ['x #### \\boxed{18}', '18'], ['#### $\\boxed{1{,}200}$', '1200'],
  ['x #### 1,200 dollars', '1200 dollars'], ['#### 18.', '18'], ['#### -5', '-5'], ['#### 3/4', '3/4'], ['#### `7`', '7'], ['#### 1\u00a0200', '1200'], ['none', null],
])('gsm8kAnswer: %j is %j', (text, answer) => {
  expect(gsm8kAnswer(text)).toBe(answer);
}); // biome-ignore format: a table

test.each([
  ['64 + 67 = **131**', 131], ['so he earned $70,000.', 70000], ['In 2019 a total of 1,234,567', 1234567], ['The order costs $29.00.', 29], ['The value is -5.', -5], ['x=-5', -5], ['It is −12.', -12],
  ['-$7', -7], ['The answer is - 42.', -42], ['10-5', 5], ['10 - 5', 5], ['about 1 000 000 people', 1e6], ["about 1'000'000 people", 1e6], ['5km', 5], ['12, 13', 13], ['(-5)', -5],
  ['3.14', null], ['3/4', null], ['2^10', null], ['at 3:45', null], ['1e5', null], ['AZYUK2A', null], ['v1.2.3', null], ['no', null],
])('lastInteger: %j is %j', (text, integer) => {
  expect(lastInteger(text)).toBe(integer);
}); // biome-ignore format: a table

const RUN_ON =
  '9 + 9 = 18\n#### 18\n\nQuestion: Tom has 3 apples and buys 4. How many?\nAnswer: 3 + 4 = 7\n#### 7';

test('stop ends a completion where a base model goes on with the next question', () => {
  const stop = ['Question:'];
  expect(gsm8kAnswer(RUN_ON)).toBe('7');
  expect(gsm8kAnswer(RUN_ON, { stop })).toBe('18');
  expect(gradeMath('18', RUN_ON).correct).toBe(false);
  expect(gradeMath('18', RUN_ON, { stop })).toMatchObject({ correct: true, answer: '18' });
  expect(accuracyReward('18', RUN_ON, { stop })).toBe(1);
  expect(gradeMath('18', '<think>Question: 1?</think>It is 18.', { stop }).correct).toBe(true);
  expect(
    gradeMath('18', '\\boxed{18}\n\nProblem: 3 + 4?\nSolution: \\boxed{7}', {
      stop: ['Problem:', 'Q:'],
    }).correct,
  ).toBe(true);
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

test('trlAccuracyReward differs from TRL in several boxes and where math-verify misreads', () => {
  expect(trlAccuracyReward('7', '\\boxed{3} then \\boxed{7}')).toBe(1); // TRL: 0, it reads {3, 7}
  expect(trlAccuracyReward('$3,7$', '\\boxed{3} then \\boxed{7}')).toBe(0); // TRL: 1
  expect(trlAccuracyReward('$3,7$', '\\boxed{3} and \\boxed{7}')).toBe(1);
  expect(trlAccuracyReward('$235$', '\\boxed{1\\,234}')).toBe(0); // TRL: 1
  expect(trlAccuracyReward('$1234$', '\\boxed{1\\,234}')).toBe(1); // TRL: 0
  expect(trlAccuracyReward('$2$', '\\boxed{\\log 100}')).toBe(1);
});

test('trlAccuracyReward counts only boxes and announced formulas', () => {
  expect(trlAccuracyReward('7', 'The final answer is $7$.')).toBe(1);
  expect(trlAccuracyReward('7', '$7$')).toBe(0);
  expect(trlAccuracyReward('7', '\\boxed{7')).toBe(0);
  expect(trlAccuracyReward('(1,2)', '\\boxed{(1,2)}')).toBeNull();
  expect(trlAccuracyReward('$(1,2)$', '\\boxed{(1,2)}')).toBe(1);
  expect(trlAccuracyReward('7', '\\boxed{7}', { reasoningDelimiters: ['</think>'] })).toBe(0);
});
