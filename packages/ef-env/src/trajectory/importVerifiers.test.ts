import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { readRows } from '../data/readRows.ts';
import { promptEnvironment } from '../environments/promptEnvironment.ts';
import { parseToolCalls } from '../environments/tools/parseToolCalls.ts';
import { collect } from '../episode/collect.ts';
import { importConversation } from './importConversation.ts';
import { importVerifiers, type VerifiersEpisode } from './importVerifiers.ts';
import type { Trajectory } from './trajectory.ts';
import { validateTrajectory } from './validateTrajectory.ts';

const file = fileURLToPath(new URL('../../fixtures/verifiers.jsonl', import.meta.url));

describe('traces of verifiers 0.4.0, written by its own classes', () => {
  const byId = new Map<string, Trajectory>();
  const said = (id: string): string[] =>
    byId.get(id)!.segments.map(({ kind, turn, text }) => `${kind} ${turn}: ${text}`);

  beforeAll(async () => {
    for (const row of await readRows<VerifiersEpisode>(file))
      for (const one of importVerifiers(row)) byId.set(one.id, validateTrajectory(one));
  });

  test('a call, a thought and the answer of a tool are text, and the prompt says which tools there are', () => {
    const { segments, ...rest } = byId.get('tools-0')!;
    expect(segments[0]!.text).toMatch(
      /^Be brief\.\n\n.*\{"type":"function","function":\{"name":"echo"/s,
    );
    expect(segments.map(({ speaker, kind, turn }) => [speaker, kind, turn])).toEqual([
      ['system', 'prompt', 0],
      ['user', 'prompt', 0],
      ['assistant', 'policy', 0],
      ['tool', 'environment', 0],
      ['assistant', 'policy', 1],
    ]);
    expect(segments[2]!.text).toContain('<think>\nA tool.\n</think>');
    expect(parseToolCalls(segments[2]!.text)).toEqual([
      { name: 'echo', arguments: { text: 'hm' } },
    ]);
    expect(rest).toMatchObject({
      task: { env: 'sums', data: { idx: 1, prompt: '1 + 1?', answer: '2' } },
      reward: 1.25, // 1 + 0.5 * 0.5, what was not judged left out
      metrics: { exact: 1, short: 0.5, turns: 2 },
      info: { seen: true },
      stop: 'done',
    });
    expect(rest).not.toHaveProperty('role');
  });

  test('sampled tokens and their log-probs come along, those of the template do not', () => {
    const { segments, stop, reward } = byId.get('tokens-0')!;
    expect(segments[1]!.tokens).toEqual({ ids: [9, 10], logprobs: [-0.25, -1.5] });
    expect(segments[0]).not.toHaveProperty('tokens');
    expect([stop, reward]).toEqual(['truncated', 0]); // cut at the length
  });

  test('each branch is a trajectory, a thrown away attempt at a shorter history is none', () => {
    expect([...byId.keys()].filter((id) => id.startsWith('branches'))).toEqual(['branches-0']);
    expect(said('branches-0')).toEqual(['prompt 0: 3 + 3 is not 5. What is it?', 'policy 0: 6']);
  });

  test('agents that are not trained are left out, the others are named', () => {
    expect([...byId.keys()].filter((id) => id.startsWith('agents'))).toEqual(['agents-0']);
    expect(byId.get('agents-0')).toMatchObject({ role: 'solver', stop: 'max-turns', reward: null });
  });

  test('what failed before a word was said is left out, a failure after it is kept with its reason', () => {
    expect([...byId.keys()].filter((id) => id.startsWith('errors'))).toEqual(['errors-1']);
    expect(byId.get('errors-1')).toMatchObject({
      stop: 'timeout',
      error: 'TimeoutError: 60 s are over',
    });
  });
});

test('a compaction that was taken up is a branch of its own, and given answers are part of the prompt', async () => {
  const [, , line] = (await readFile(file, 'utf8')).split('\n');
  const row = JSON.parse(line!);
  row.traces[0].nodes[6].semantic_parents = [{ node: 5, type: 'compaction' }];
  const [long, short] = importVerifiers(row);
  expect([long!.id, short!.id]).toEqual(['branches-0', 'branches-0/1']);
  expect(long!.segments.map(({ speaker, kind, turn }) => [speaker, kind, turn])).toEqual([
    ['user', 'prompt', 0],
    ['assistant', 'prompt', 0],
    ['user', 'prompt', 0],
    ['assistant', 'policy', 0],
    ['user', 'environment', 0],
    ['assistant', 'policy', 1],
  ]);
});

test.each<[string, unknown, RegExp]>([
  [
    'no traces',
    { prompt: 'a', completion: 'b' },
    /has a list of traces, got undefined\. Older rows/,
  ],
  [
    'no nodes',
    { traces: [{ id: 'a' }] },
    /needs an id and nodes, got the id "a" and nodes undefined/,
  ],
  [
    'a parent that comes later',
    { traces: [{ id: 'a', nodes: [{ parent: 0, message: { role: 'user', content: 'x' } }] }] },
    /node 0 of trace 'a' must name an earlier node as its parent, names 0/,
  ],
  [
    'a picture',
    {
      traces: [
        {
          id: 'a',
          nodes: [{ sampled: true, message: { role: 'user', content: [{ type: 'image_url' }] } }],
        },
      ],
    },
    /trace 'a' has a part of type 'image_url'/,
  ],
])('%s: a clear error', (_, row, message) => {
  expect(() => importVerifiers(row as VerifiersEpisode)).toThrow(message);
});

describe('rows of data sets of verifiers before 0.4', () => {
  const question = {
    prompt: [
      { role: 'system', content: 'Answer with the number.' },
      { role: 'user', content: '1 + 1?' },
    ],
    answer: '2',
    info: { level: 1 },
    task: 'sums',
    example_id: 0,
  };

  test('a question is played as it is, and the reward sees its columns', async () => {
    const env = promptEnvironment<typeof question>({
      reward: (completions, { answer, info }) =>
        completions.map((text, i) => (text === answer[i] ? info[i]!.level : 0)),
    });
    const policy = {
      generate: async () => [{ speaker: 'assistant', kind: 'policy', turn: 0, text: '2' } as const],
    };
    const [episode] = await collect(env, policy, { tasks: [question], seed: 0, maxTokens: 4 });
    expect(episode).toMatchObject({ reward: 1, task: { data: { task: 'sums' } } });
  });

  test('a saved rollout is a conversation with its reward', () => {
    const row = {
      ...question,
      completion: [{ role: 'assistant', content: '2' }],
      reward: 1,
      exact: 1,
    };
    expect(importConversation(row, { id: '0' })).toMatchObject({
      reward: 1,
      segments: [{ kind: 'prompt' }, { kind: 'prompt' }, { kind: 'policy', text: '2' }],
    });
  });
});
