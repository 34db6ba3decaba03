import { expect, test } from 'vitest';
import { wrongArithmeticStep } from './gym/wrongArithmeticStep.ts';
import { gymSampler } from './gymSampler.ts';
import { gymScore } from './gymScore.ts';
import { gymTask } from './gymTask.ts';
import { reasoningGym } from './reasoningGym.ts';

const signal = new AbortController().signal;

async function attempt(action: string, feedback?: 'step' | 'full' | 'none') {
  const episode = reasoningGym({ feedback }).start();
  await episode.reset(
    {
      family: 'chain_sum',
      level: 0,
      question: 'What is 7 + 8 - 2?',
      answer: '13',
      data: { expression: '7 + 8 - 2' },
    },
    { seed: 0 },
  );
  return episode.step(action, { signal });
}

test('the feedback names the first wrong step of the work, else the mistake, never the answer', async () => {
  expect(await attempt('<think>7 + 8 = 16, 16 - 2 = 14</think>14')).toEqual({
    feedback: "The step '7 + 8 = 16' does not hold. Try again.",
    reward: 0,
    done: false,
  });
  expect(await attempt('15')).toMatchObject({
    feedback: "15 is the sum up to term 2; the term '- 2' comes next. Try again.",
  });
  expect(await attempt('20')).toMatchObject({ feedback: '20 is too large. Try again.' });
  expect(await attempt('<think>13')).toMatchObject({ feedback: 'There is no answer. Try again.' });
  expect(await attempt('13')).toEqual({ feedback: 'Right.', reward: 1, done: true });
});

test("feedback 'full' tells the answer, 'none' ends the episode", async () => {
  expect(await attempt('20', 'full')).toMatchObject({
    feedback: '20 is too large. A right answer is: 13',
  });
  expect(await attempt('20', 'none')).toEqual({ reward: 0, done: true });
});

test('wrongArithmeticStep checks every calculation exactly', () => {
  expect(wrongArithmeticStep('12 × 12 = 144 and 144 / 7 = 20')).toBe('144 / 7 = 20');
  expect(wrongArithmeticStep('2 + 2 = 4, 1,000 - 1 = 999')).toBeNull();
});

test('gymSampler draws by weight, follows success and continues from its state', () => {
  const sampler = gymSampler({ weights: { gcd: 3, lcm: 1 }, seed: 5, window: 4 });
  const drawn = Array.from({ length: 200 }, () => sampler.next().family);
  expect(drawn.filter((name) => name === 'gcd').length).toBeGreaterThan(120);
  for (let i = 0; i < 4; i++) sampler.record({ family: 'gcd', level: 0 }, 1);
  expect(sampler.level('gcd')).toBe(1);
  for (let i = 0; i < 4; i++) sampler.record({ family: 'gcd', level: 1 }, 0);
  expect(sampler.level('gcd')).toBe(0);
  const again = gymSampler({ weights: { gcd: 3, lcm: 1 }, seed: 99, window: 4 }, sampler.state());
  expect(again.next()).toEqual(sampler.next());
  expect(() => gymSampler({ weights: {}, seed: 1 })).toThrow(/weights must be positive/);
});

test('long hostile texts are checked in time', () => {
  const start = performance.now();
  for (const text of ['1', '1+', '(', '1 = ', '[']) {
    const long = text.repeat(9000);
    wrongArithmeticStep(long);
    for (const family of ['n_queens', 'spiral_matrix', 'jugs', 'countdown'] as const) {
      expect(gymScore(gymTask(family, { seed: 1 }), long).score).toBe(0);
      gymScore(gymTask(family, { seed: 1 }), long, { scoring: 'reasoning-gym' });
    }
  }
  expect(performance.now() - start).toBeLessThan(5000);
});

test('a thousand tasks a second', () => {
  const start = performance.now();
  for (let seed = 0; seed < 50; seed++) gymTask('basic_arithmetic', { level: 2, seed });
  expect(performance.now() - start).toBeLessThan(1000);
});
