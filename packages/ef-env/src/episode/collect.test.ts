// Above 300 lines: one policy that learns from feedback plays all of it, and seeds are followed through.
import { describe, expect, test, vi } from 'vitest';
import { codewords } from '../environments/codewords/codewords.ts';
import { LEXICON } from '../environments/codewords/lexicon.ts';
import { applyOperations } from '../environments/codewords/operations.ts';
import { promptEnvironment } from '../environments/promptEnvironment.ts';
import { rubric } from '../rewards/rubric.ts';
import type { Segment } from '../trajectory/segment.ts';
import type { Trajectory } from '../trajectory/trajectory.ts';
import { validateTrajectory } from '../trajectory/validateTrajectory.ts';
import { collect } from './collect.ts';
import { defineEnvironment } from './defineEnvironment.ts';
import { episodeMetrics } from './episodeMetrics.ts';
import type { GenerateOptions, Policy } from './policy.ts';

/** Knows nothing but what the feedback said: the meaning of unknown words is always `flip`. */
const learner: Policy = {
  generate: async (prompts, { numGenerations = 1 }) =>
    prompts.flatMap((prompt) => Array.from({ length: numGenerations }, () => reply(prompt))),
};

function reply(prompt: Segment[]): Segment {
  const [digits, ...words] = prompt[0]!.text.split(' ');
  const told = new Map(
    prompt
      .flatMap(({ text }) => [...text.matchAll(/Step \d: ([a-z]+) ([a-z]+)/g)])
      .map((m) => [m[1], m[2]]),
  );
  const meanings = words.map((word) => (told.get(word) ?? 'flip') as 'flip');
  const results = applyOperations(meanings, digits!);
  const steps = words.map((word, i) => ` ${word} ${meanings[i]} ${results[i]}`).join('');
  const text = `<think>\n${digits}${steps}\n</think>\n\n${results.at(-1)}`;
  return { speaker: 'assistant', kind: 'policy', turn: 0, text, tokens: { ids: [1, 2] } };
}

const tasks = [
  { digits: '4876', words: ['rav', 'bot'] },
  { digits: '9382', words: ['zup', 'nuz', 'teg'] },
  { digits: '1111', words: ['bun'] },
];
const options = { tasks, seed: 1, maxTurns: 4, maxTokens: 56 };

/** Says the seed it was given: the outcome shows which seeds an episode got. */
const seedSayer = (calls: GenerateOptions[] = []): Policy => ({
  generate: async (prompts, given) => {
    calls.push(given);
    const n = prompts.length * (given.numGenerations ?? 1);
    return Array.from({ length: n }, (_, i) => ({
      speaker: 'assistant',
      kind: 'policy',
      turn: 0,
      text: String(given.seeds![i]),
    }));
  },
});

const talk = (turns: number) =>
  defineEnvironment<number, { left: number }>({
    name: 'talk',
    reset: (task) => ({ observation: `task ${task}`, state: { left: turns } }),
    step: (state) => ({ feedback: 'more', reward: 0.5, done: --state.left === 0 }),
  });

describe('collect', () => {
  test('the parts of a collection are the whole, wherever each is played', async () => {
    const whole = { tasks: [7, 8, 9], groupSize: 2, seed: 3, maxTurns: 2, maxTokens: 5 };
    const expected = await collect(talk(2), seedSayer(), whole);
    const parts = [0, 1, 2].map((firstTask) =>
      collect(talk(2), seedSayer(), { ...whole, firstTask, tasks: [whole.tasks[firstTask]!] }),
    );
    expect((await Promise.all(parts)).flat()).toEqual(expected);
    const elsewhere = { ...whole, tasks: [7], firstTask: 1 };
    const [other] = await collect(talk(2), seedSayer(), elsewhere);
    expect(other!.id).not.toBe(expected[0]!.id);
  });

  test('plays until the environment is satisfied', async () => {
    const [two, three, one] = await collect(codewords(), learner, options);
    expect(
      two!.segments.map(({ kind, turn, text }) => `${turn} ${kind}: ${text}`),
    ).toMatchInlineSnapshot(`
      [
        "0 prompt: 4876 rav bot",
        "0 policy: <think>
      4876 rav flip 5123 bot flip 4876
      </think>

      4876",
        "0 environment: Wrong. Step 1: rav left, not flip. Try again.",
        "1 policy: <think>
      4876 rav left 8764 bot flip 1235
      </think>

      1235",
        "1 environment: Wrong. Step 2: bot pairs, not flip. Try again.",
        "2 policy: <think>
      4876 rav left 8764 bot pairs 7846
      </think>

      7846",
        "2 environment: Right.",
      ]
    `);
    expect([two, three, one].map((t) => [t!.stop, t!.reward, t!.segments.length])).toEqual([
      ['done', 1, 7],
      ['done', 1, 9],
      ['done', 1, 3],
    ]);
    expect(two!.segments.filter((s) => s.kind === 'policy').map((s) => s.reward)).toEqual([
      0, 0, 1,
    ]);
    expect(two!.segments[1]!.tokens).toEqual({ ids: [1, 2] });
    expect(LEXICON.bun).toBe('flip');
  });

  test('stops after maxTurns with the last reward', async () => {
    const [first] = await collect(codewords(), learner, { ...options, maxTurns: 1 });
    expect([first!.stop, first!.reward]).toEqual(['max-turns', 0]);
    expect(first!.segments.at(-1)!.kind).toBe('environment');
  });

  test('a group shares its prompt in one call, and later turns are one call each', async () => {
    const calls: GenerateOptions[] = [];
    const result = await collect(talk(2), seedSayer(calls), {
      tasks: [1, 2],
      groupSize: 3,
      maxTurns: 5,
      maxTokens: 9,
      seed: 0,
    });
    expect(result.map((t) => t.id).length).toBe(6);
    expect(calls.map((call) => [call.numGenerations, call.seeds!.length])).toEqual([
      [3, 6],
      [1, 6],
    ]);
    expect(new Set(calls.flatMap((call) => Array.from(call.seeds!))).size).toBe(12);
  });

  test('an episode is the same alone, in small batches, and after an interruption', async () => {
    const base = { tasks: [1, 2, 3, 4, 5], groupSize: 2, maxTurns: 3, maxTokens: 9, seed: 7 };
    const whole = await collect(talk(3), seedSayer(), base);
    expect(await collect(talk(3), seedSayer(), { ...base, concurrency: 3 })).toEqual(whole);
    const kept: Trajectory[] = [];
    const stop = new AbortController();
    const interrupted = collect(talk(3), seedSayer(), {
      ...base,
      concurrency: 4,
      signal: stop.signal,
      onTrajectories: (finished) => {
        kept.push(...finished);
        stop.abort(new Error('stopped'));
      },
    });
    await expect(interrupted).rejects.toThrow('stopped');
    expect(kept).toHaveLength(4);
    const completed = [kept[0]!, kept[3]!];
    expect(await collect(talk(3), seedSayer(), { ...base, completed })).toEqual(whole);
  });

  test('a failing step ends its own episode and nothing else', async () => {
    const env = defineEnvironment<string, string>({
      name: 'fragile',
      reset: (task) => {
        if (task === 'bad reset') throw new Error('no such task');
        return { observation: task, state: task };
      },
      step: async (task, _action, { signal }) => {
        if (task === 'bad step') throw new Error('sandbox died');
        if (task === 'slow')
          await new Promise((resolve) => signal.addEventListener('abort', resolve));
        if (task === 'deaf') await new Promise(() => {});
        return { reward: 1, done: true };
      },
    });
    const result = await collect(env, seedSayer(), {
      tasks: ['good', 'bad reset', 'bad step', 'slow', 'deaf'],
      maxTokens: 1,
      seed: 0,
      stepTimeout: 20,
    });
    expect(
      result.map(({ stop, reward, error }) => ({ stop, reward, error })),
    ).toMatchInlineSnapshot(`
      [
        {
          "error": undefined,
          "reward": 1,
          "stop": "done",
        },
        {
          "error": "no such task",
          "reward": null,
          "stop": "error",
        },
        {
          "error": "sandbox died",
          "reward": null,
          "stop": "error",
        },
        {
          "error": "collect: a step took longer than 20 ms.",
          "reward": null,
          "stop": "timeout",
        },
        {
          "error": "collect: a step took longer than 20 ms.",
          "reward": null,
          "stop": "timeout",
        },
      ]
    `);
  });

  test('cancelling rejects with the reason of the signal', async () => {
    const signal = AbortSignal.abort(new Error('Ctrl-C'));
    await expect(
      collect(talk(1), seedSayer(), { tasks: [1], maxTokens: 1, seed: 0, signal }),
    ).rejects.toThrow('Ctrl-C');
  });

  test('reports progress', async () => {
    const onProgress = vi.fn();
    await collect(talk(1), seedSayer(), {
      tasks: [1, 2],
      maxTokens: 1,
      seed: 0,
      onProgress,
      concurrency: 1,
    });
    expect(onProgress.mock.calls.map(([p]) => p)).toEqual(
      [0, 1, 2].map((done) => ({ done, total: 2 })),
    );
  });

  test('throws `policy` for a missing segment and `option` for a zero', async () => {
    const mute: Policy = { generate: async () => [] };
    await expect(
      collect(talk(1), mute, { tasks: [1], maxTokens: 1, seed: 0 }),
    ).rejects.toThrowErrorMatchingInlineSnapshot(
      `[EfEnvError: collect: policy.generate must return 1 segments (1 prompts x 1), got 0.]`,
    );
    await expect(
      collect(talk(1), mute, { tasks: [1], maxTokens: 1, seed: 0, groupSize: 0 }),
    ).rejects.toThrowErrorMatchingInlineSnapshot(
      `[EfEnvError: collect: groupSize must be an integer >= 1, got 0.]`,
    );
  });
});

describe('stop', () => {
  const says = (segment: Partial<Segment>): Policy => ({
    generate: async () => [{ speaker: 'assistant', kind: 'policy', turn: 0, text: '', ...segment }],
  });
  const stopping = { tasks: [1], seed: 0, maxTokens: 1, stop: ['Human:', '\n\n'] };

  test('cuts what the policy said at the first of the texts', async () => {
    const [episode] = await collect(talk(1), says({ text: 'a\n\nb Human: c' }), stopping);
    expect(episode!.segments[1]!.text).toBe('a');
    const [whole] = await collect(talk(1), says({ text: 'a', tokens: { ids: [1] } }), stopping);
    expect(whole!.segments[1]).toMatchObject({ text: 'a', tokens: { ids: [1] } });
  });

  test('is handed to the policy, `null` = none', async () => {
    const calls: GenerateOptions[] = [];
    await collect(talk(1), seedSayer(calls), stopping);
    await collect(talk(1), seedSayer(calls), { ...stopping, stop: null });
    expect(calls.map(({ stop }) => stop)).toEqual([['Human:', '\n\n'], undefined]);
  });

  test('throws `policy` for tokens of a text that goes on: nobody here can cut them', async () => {
    const policy = says({ text: 'a Human: b', tokens: { ids: [1, 2] } });
    await expect(collect(talk(1), policy, stopping)).rejects.toThrowErrorMatchingInlineSnapshot(
      `[EfEnvError: collect: policy.generate was asked to stop at "Human:", and segment 0 goes on with its tokens attached. Let the policy honour stop, or attach no tokens.]`,
    );
  });
});

describe('a policy whose context is full', () => {
  /** Has room for so many segments. */
  const small = (room: number): Policy => ({
    generate: async (prompts, { numGenerations = 1 }) =>
      prompts.flatMap((prompt) =>
        Array.from({ length: numGenerations }, () => ({
          ...({ speaker: 'assistant', kind: 'policy', turn: 0, text: 'x' } as const),
          ...(prompt.length > room && { text: '', contextFull: true as const }),
        })),
      ),
  });
  /** Task n is over after n turns. */
  const lasting = defineEnvironment<number, { left: number }>({
    name: 'lasting',
    reset: (left) => ({ observation: 'go', state: { left } }),
    step: (state) => ({ feedback: 'more', reward: 0.5, done: --state.left === 0 }),
  });
  const played = { tasks: [1, 3, 2], seed: 0, maxTurns: 4, maxTokens: 1 };

  test('ends that episode alone, with what it had, and is counted', async () => {
    const told: string[] = [];
    const onWarning = (message: string): void => void told.push(message);
    const episodes = await collect(lasting, small(3), { ...played, onWarning });
    expect(episodes.map(({ stop, reward, segments }) => [stop, reward, segments.length])).toEqual([
      ['done', 0.5, 3],
      ['truncated', 0.5, 5],
      ['done', 0.5, 5],
    ]);
    expect(episodes[1]!.metrics).toEqual({ 'context/full': 1 });
    expect(episodeMetrics(episodes)['episodes/truncated']).toBe(1);
    for (const episode of episodes) validateTrajectory(episode);
    expect(told).toEqual([expect.stringMatching(/^collect: 1 of 3 episodes outgrew/)]);
  });

  test('is an error where no episode can begin, and no attempt is scored that was not made', async () => {
    await expect(collect(lasting, small(0), played)).rejects.toThrow(
      "every prompt (3) is longer than the policy's context",
    );
    const scored: number[] = [];
    const counting = rubric<{ prompt: string }>({
      long: (completions) => {
        scored.push(completions.length);
        return completions.map(() => 1);
      },
    });
    const env = promptEnvironment<{ prompt: string }>({ reward: counting });
    const half: Policy = {
      generate: async (prompts, options) => {
        const said = await small(9).generate(prompts, options);
        return said.map((segment, i) => (i === 0 ? { ...segment, contextFull: true } : segment));
      },
    };
    const tasks = [{ prompt: 'a' }];
    const onWarning = (): void => {};
    const group = await collect(env, half, {
      tasks,
      groupSize: 2,
      seed: 0,
      maxTokens: 1,
      onWarning,
    });
    expect(group.map(({ reward, stop }) => [reward, stop])).toEqual([
      [null, 'truncated'],
      [1, 'done'],
    ]);
    expect(scored).toEqual([1]);
  });
});
