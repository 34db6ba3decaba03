import { describe, expect, test } from 'vitest';
import { EfEnvError } from '../base/errors.ts';
import { validateTrajectory } from '../trajectory/validateTrajectory.ts';
import { collect } from './collect.ts';
import { collectFailing } from './collectFailing.ts';
import { defineEnvironment } from './defineEnvironment.ts';
import type { StepResult } from './environment.ts';
import type { Policy } from './policy.ts';

const mumbler: Policy = {
  generate: async (prompts, { numGenerations = 1 }) =>
    Array.from({ length: prompts.length * numGenerations }, () => ({
      speaker: 'assistant',
      kind: 'policy',
      turn: 0,
      text: 'mm',
    })),
};

describe('an episode', () => {
  test('keeps the last `info` of each key, and what a step says by whom', async () => {
    const env = defineEnvironment<string, { turn: number }>({
      name: 'speakers',
      system: 'Not this.',
      reset: () => ({
        observation: [
          { speaker: 'system', text: 'Be brief.' },
          { speaker: 'assistant', text: 'Hello.' },
          { speaker: 'user', text: 'Look it up.' },
        ],
        state: { turn: 0 },
      }),
      step: (state) => ({
        feedback: state.turn === 1 ? 'Good.' : undefined,
        observation: [
          { speaker: 'tool', text: '' },
          { speaker: 'user', text: 'And now?' },
        ],
        info: { turn: state.turn, [`at ${state.turn}`]: [true] },
        done: state.turn++ === 1,
      }),
    });
    const [episode] = await collect(env, mumbler, {
      tasks: ['x'],
      seed: 0,
      maxTokens: 1,
      maxTurns: 2,
    });
    const said = episode!.segments.filter(({ kind }) => kind !== 'policy');
    expect(
      said.map(({ speaker, kind, turn, text }) => `${turn} ${kind} ${speaker}: ${text}`),
    ).toEqual([
      '0 prompt system: Be brief.',
      '0 prompt assistant: Hello.',
      '0 prompt user: Look it up.',
      '0 environment tool: ',
      '0 environment user: And now?',
      '1 environment user: Good.',
      '1 environment tool: ',
      '1 environment user: And now?',
    ]);
    expect(episode!.info).toEqual({ turn: 1, 'at 0': [true], 'at 1': [true] });
  });

  test.each<[string, Partial<StepResult>, RegExp]>([
    ['a reward', { reward: Number.NaN }, /finite numbers, got NaN \(reward\)/],
    [
      'a metric',
      { metrics: { perplexity: Infinity } },
      /finite numbers, got Infinity \(perplexity\)/,
    ],
    ['a span', { spans: [{ start: 0, end: 5, reward: 1 }] }, /the attempt's 2 bytes .* got 0 to 5/],
  ])('%s that cannot be stored ends its own episode', async (_, result, message) => {
    const env = defineEnvironment<string, null>({
      name: 'faulty',
      reset: (task) => ({ observation: task, state: null }),
      step: () => ({ ...result, done: true }),
    });
    const says: Policy = {
      generate: async () => [{ speaker: 'assistant', kind: 'policy', turn: 0, text: 'é' }],
    };
    const options = { tasks: ['x' as never], seed: 0, maxTokens: 1 };
    const [episode] = await collectFailing(env, says, options);
    expect(episode).toMatchObject({
      stop: 'error',
      reward: null,
      error: expect.stringMatching(message),
    });
    validateTrajectory(episode);
  });

  test('a package that is not installed ends the collection', async () => {
    const env = defineEnvironment<string, null>({
      name: 'needy',
      reset: () => {
        throw new EfEnvError('missing-peer', 'Run: npm install it');
      },
      step: () => ({ done: true }),
    });
    const options = { tasks: ['x'], seed: 0, maxTokens: 1 };
    await expect(collect(env, mumbler, options)).rejects.toThrow('npm install it');
  });

  test('closes every episode once, however it ended, and never more than `concurrency` are open', async () => {
    const open = new Set<object>();
    let most = 0;
    let closed = 0;
    const env = defineEnvironment<string, { task: string }>({
      name: 'sessions',
      concurrency: 3,
      maxTurns: 2,
      reset: async (task, { signal }) => {
        if (task === 'late')
          await new Promise((resolve) => signal?.addEventListener('abort', resolve));
        const state = { task };
        open.add(state);
        most = Math.max(most, open.size);
        return { observation: task, state };
      },
      step: ({ task }) => {
        if (task === 'throws') throw new Error('lost');
        return { done: task === 'done' };
      },
      close: (state) => {
        expect(open.delete(state)).toBe(true);
        closed++;
        if (state.task === 'done') throw new Error('ignored');
      },
    });
    const tasks = ['done', 'throws', 'on and on', 'late', 'done'];
    const options = { tasks, seed: 0, maxTokens: 1, groupSize: 2, stepTimeout: 20 };
    const played = await collect(env, mumbler, options);
    expect(played.filter((_, i) => i % 2 === 0).map(({ stop }) => stop)).toEqual([
      'done',
      'error',
      'max-turns',
      'timeout',
      'done',
    ]);
    const broken: Policy = { generate: () => Promise.reject(new Error('out of memory')) };
    await expect(collect(env, broken, { ...options, tasks: ['done'] })).rejects.toThrow('memory');
    await new Promise((resolve) => setTimeout(resolve));
    expect([open.size, closed, most]).toEqual([0, 12, 2]);
  });

  test('a step without a time limit may take as long as it needs', async () => {
    const slow = defineEnvironment<string, null>({
      name: 'slow',
      reset: (task) => ({ observation: task, state: null }),
      step: () => new Promise((resolve) => setTimeout(resolve, 5, { done: true })),
    });
    const options = { tasks: ['x'], seed: 0, maxTokens: 1, stepTimeout: Number.POSITIVE_INFINITY };
    expect((await collect(slow, mumbler, options))[0]!.stop).toBe('done');
  });
});
