import { describe, expect, test } from 'vitest';
import { createEta, duration } from './eta.ts';
import { lineProgress } from './progress.ts';

describe('time left', () => {
  test('counts what was done since a stage was resumed', () => {
    let time = 1000;
    const eta = createEta({ total: 100, done: 90, next: ['grpo', 'eval'], now: () => time });
    expect(eta(90)).toBe('? left, then grpo, eval');
    time += 4000;
    expect(eta(92)).toBe('16 s left, then grpo, eval'); // 8 of 2 s; counted from 0 it would be 0 s
    time += 16_000;
    expect(eta(100)).toBe('0 s left, then grpo, eval');
  });

  test.each([
    [0.4, '0 s'],
    [99, '99 s'],
    [100, '2 min'],
    [3590, '1 h 0 min'],
    [7500, '2 h 5 min'],
  ])('%d seconds are %s', (seconds, text) => expect(duration(seconds)).toBe(text));
});

test('without a terminal: a line every five seconds and one at the end, each stage with its own pace', () => {
  const lines: string[] = [];
  let time = 0;
  const progress = lineProgress({ write: (line) => lines.push(line), now: () => time });
  progress.start('1-mol', 4, { next: ['grpo'] });
  for (let done = 1; done <= 4; done++) {
    time += 3000;
    progress.update(done, `CE ${done}`);
  }
  time += 60_000; // between stages
  progress.start('2-grpo', 2);
  time += 10_000;
  progress.update(1, 'reward 0.5');
  progress.line('said');
  expect(lines).toEqual([
    '1-mol 2/4 CE 2 | 6 s left, then grpo\n',
    '1-mol 4/4 CE 4 | 0 s left, then grpo\n',
    '2-grpo 1/2 reward 0.5 | 10 s left\n',
    'said\n',
  ]);
});
