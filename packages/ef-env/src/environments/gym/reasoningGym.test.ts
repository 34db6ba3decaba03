import { expect, test } from 'vitest';
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
    feedback: "The step '7 + 8 = 16' does not hold. The right side is too large. Try again.",
    reward: 0,
    done: false,
  });
  expect(await attempt('15')).toMatchObject({
    feedback: "15 is the sum up to term 2; the term '- 2' comes next. Try again.",
  });
  expect(await attempt('20')).toMatchObject({ feedback: '20 is too large. Try again.' });
  expect(await attempt('<think>13')).toMatchObject({
    feedback: 'The thought was not closed: write </think> before the answer. Try again.',
  });
  expect(await attempt('13')).toEqual({ feedback: 'Right.', reward: 1, done: true });
});

test("feedback 'full' tells the answer, 'none' ends the episode", async () => {
  expect(await attempt('20', 'full')).toMatchObject({
    feedback: '20 is too large. A right answer is: 13',
  });
  expect(await attempt('20', 'none')).toEqual({ reward: 0, done: true });
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

test('gymSampler: a level needs a full window of its own rewards, and stays within the family', () => {
  const options = { weights: { gcd: 1, spell_backward: 1 }, seed: 1, window: 3, level: 9 };
  const sampler = gymSampler(options);
  expect([sampler.level('gcd'), sampler.level('spell_backward')]).toEqual([3, 2]); // the highest there are
  for (let i = 0; i < 9; i++) sampler.record({ family: 'gcd', level: 3 }, 1);
  expect(sampler.level('gcd')).toBe(3);
  sampler.record({ family: 'gcd', level: 2 }, 0); // a task drawn before a change
  for (const reward of [0, 0]) sampler.record({ family: 'spell_backward', level: 2 }, reward);
  expect(sampler.level('spell_backward')).toBe(2);
  const saved = JSON.parse(JSON.stringify(sampler.state()));
  const again = gymSampler(options, saved);
  for (const s of [sampler, again]) s.record({ family: 'spell_backward', level: 2 }, 0.5);
  expect(again.level('spell_backward')).toBe(1);
  expect(again.state()).toEqual(sampler.state());
  expect(Array.from({ length: 5 }, again.next)).toEqual(Array.from({ length: 5 }, sampler.next));
});

test('gymSampler refuses rewards and limits that are no numbers', () => {
  const sampler = gymSampler({ weights: { gcd: 1 }, seed: 1 });
  expect(() => sampler.record({ family: 'gcd', level: 0 }, Number.NaN)).toThrow(/must be a number/);
  expect(() => gymSampler({ seed: 1, window: 0 })).toThrow(/window/);
  expect(() => gymSampler({ seed: 1, raise: 0.1, lower: 0.5 })).toThrow(/lower <= raise/);
});

test('long hostile texts are checked in time', () => {
  const start = performance.now();
  for (const text of ['1', '1+', '(', '1 = ', '[']) {
    const long = text.repeat(9000);
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
