import { expect, test } from 'vitest';
import { extractAnswer } from './extractAnswer.ts';
import { findBoxes, lastBoxed } from './findBoxes.ts';
import { findFormulas } from './findFormulas.ts';

test.each([
  ['So \\boxed{28} percent.', '28\\%', 'boxed'],
  ['Final Answer: The largest $n$ is 34.', '34', 'final-answer'],
  ['The final answer is $12$ and $13$. I hope it is correct.', '12, 13', 'final-answer'],
  ['The answer is 2 4/7.', '2 4/7', 'anchor'],
  ['The answer is 5 cm, as shown.', '5 cm', 'anchor'],
  ['The answer is A.', 'A', 'anchor'],
  ['答案：13/28', '13/28', 'anchor'],
  ['Then $a=3$ and so $x \\ge 5$ holds.', 'x \\ge 5', 'formula'],
  ['it costs 1,000.99€', '1,000.99', 'number'],
  ['x=3, y=4', 'x=3, y=4', 'whole'],
])('%j', (completion, text, from) => {
  expect(extractAnswer(completion)).toMatchObject({ text, from });
});

test('targets restrict where to look', () => {
  expect(extractAnswer('Answer $ \n 9 \n $', { targets: ['latex'] })).toBeNull();
  expect(extractAnswer('AZYUK2A', { targets: ['plain'] })?.from).not.toBe('number');
});

test('boxes and formulas', () => {
  expect(lastBoxed('\\boxed{\\sqrt{\\frac{3}{4}}}')).toBe('\\sqrt{\\frac{3}{4}}');
  expect(lastBoxed('none')).toBeNull();
  expect(findBoxes('\\boxed{\\boxed{5}}')).toHaveLength(1);
  expect(findFormulas('a $x$ \\$5 \\(y\\) $$z$$').map((f) => f.content)).toEqual(['x', 'y', 'z']);
});
