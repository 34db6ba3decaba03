import { describe, expect, test } from 'vitest';
import { collect } from '../../episode/collect.ts';
import { collectFailing } from '../../episode/collectFailing.ts';
import type { StepResult } from '../../episode/environment.ts';
import type { Policy } from '../../episode/policy.ts';
import type { RetrievalDocument } from './retrievalDocument.ts';
import { type RetrievalEnvironmentOptions, retrievalEnvironment } from './retrievalEnvironment.ts';
import type { RetrievalTask } from './searchProgress.ts';

const documents: RetrievalDocument[] = [
  { id: 'film', title: 'Seven Lanterns', text: 'A film directed by Mara Quill.' },
  { id: 'director', title: 'Mara Quill', text: 'A director born in Tartu.' },
  { id: 'noise', title: 'Lanterns', text: 'Lamps with a handle.' },
];
const task: RetrievalTask = {
  question: 'Where was the director of Seven Lanterns born?',
  answers: ['Tartu', 'Tartu, Estonia'],
  support: ['film', 'director'],
};
const { signal } = new AbortController();

async function play(
  actions: readonly string[],
  options: Partial<RetrievalEnvironmentOptions> = {},
  played: RetrievalTask = task,
): Promise<StepResult[]> {
  const episode = retrievalEnvironment({ source: documents, k: 2, ...options }).start();
  await episode.reset(played, { seed: 0 });
  const results: StepResult[] = [];
  for (const action of actions) results.push(await episode.step(action, { signal }));
  return results;
}
const search = (query: string): string => `<search>${query}</search>`;

describe('retrievalEnvironment', () => {
  test('pays each search the evidence it is the first to show, and the answer by exact match', async () => {
    const results = await play([
      search('Seven Lanterns'),
      search('handle'),
      search('seven lanterns'),
      search('Mara Quill director'),
      '<think>Should I <search>more</search>?</think>So: <answer>tartu.</answer>',
    ]);
    expect(results.map(({ reward }) => reward)).toEqual([0.5, 0, 0, 0.5, 1]);
    expect(results.map(({ done }) => done)).toEqual([false, false, false, false, true]);
    expect(results.map(({ feedback }) => feedback)).toEqual([
      'New evidence was found. Evidence is still missing. 3 searches are left.',
      'Nothing new was found. 2 searches are left.',
      'This query was asked before. 1 search is left.',
      'All evidence is found. 0 searches are left.',
      'Right.',
    ]);
    expect(results[0]?.observation).toMatchInlineSnapshot(`
      "<information>
      Doc 1 (Seven Lanterns): A film directed by Mara Quill.
      Doc 2 (Lanterns): Lamps with a handle.
      </information>"
    `);
    expect(results[4]?.metrics).toEqual({ 'retrieval/searches': 4, 'retrieval/coverage': 1 });
  });

  test('no feedback names an answer or a document that is missing', async () => {
    const results = await play([search('handle'), '<answer>Narva</answer>']);
    const said = results.map(({ feedback }) => feedback).join(' ');
    expect(said).not.toMatch(/Tartu|Quill|film|director/);
    expect(results[1]).toMatchObject({ reward: 0, feedback: 'Wrong. Evidence was still missing.' });
  });

  test('a turn that is neither search nor answer gets 0 and the format; a search too many ends it', async () => {
    const results = await play(['Tartu', '<search> </search>', search('zebra'), search('b')], {
      maxSearches: 1,
    });
    expect(results.map(({ reward, done }) => [reward, done])).toEqual([
      [0, false],
      [0, false],
      [0, false],
      [0, true],
    ]);
    expect(results[0]?.feedback).toContain('<search>query</search>');
    expect(results[2]?.feedback).toBe('Nothing was found. 0 searches are left.');
  });

  test('an open thought is named, marks in a query or an answer are text', async () => {
    const [open, search, answer] = await play([
      '<think>I <search>lanterns</search>',
      '<think>a</think><search>what is </think> and </s></search>',
      '<answer><s>Tartu</s> </think></answer>',
    ]);
    expect(open).toMatchObject({
      reward: 0,
      feedback: expect.stringMatching(
        /^The thought was not closed: write <\/think> before you search or answer\. /,
      ),
    });
    expect(search?.metrics).toMatchObject({ 'retrieval/searches': 1 });
    expect(answer).toMatchObject({ done: true, reward: 0 });
  });

  test('a task without evidence leaves searches unscored', async () => {
    const [first, last] = await play(
      [search('lanterns'), '<answer>born in Tartu'],
      { score: 'f1' },
      { ...task, support: undefined },
    );
    expect(first?.reward).toBeNull();
    expect(last?.reward).toBe(0.5);
  });

  test('only what the refiner lets through is shown and counts', async () => {
    const [first, second] = await play([search('Mara Quill'), search('lanterns')], {
      refine: async (found, query, { history }) =>
        found
          .filter(({ id }) => id !== 'film')
          .map((document) => ({ ...document, text: `${query}/${history.length}` })),
    });
    expect(first).toMatchObject({
      reward: 0.5,
      observation: expect.stringContaining('Mara Quill/0'),
    });
    expect(second).toMatchObject({ reward: 0, observation: expect.stringContaining('lanterns/1') });
  });

  test('retriever, progress and score can be yours', async () => {
    const results = await play([search('x'), '<answer>y</answer>'], {
      source: async (query, { k }) => [{ id: 'mine', text: `${query} ${k}` }],
      progress: async (history) => history.length / 10,
      score: (answer) => (answer === 'y' ? 0.25 : 0),
      feedback: 'none',
    });
    expect(results.map(({ reward }) => reward)).toEqual([0.1, 0.25]);
    expect(results[0]?.observation).toContain('x 2');
    expect(results.every(({ feedback }) => feedback === undefined)).toBe(true);
  });

  test('a search engine that fails ends its own episode', async () => {
    const env = retrievalEnvironment({
      source: () => {
        throw new Error('index is gone');
      },
    });
    const [trajectory] = await collectFailing(
      env,
      {
        generate: async () => [
          { speaker: 'assistant', kind: 'policy', turn: 0, text: search('a') },
        ],
      },
      { tasks: [task as never], seed: 0, maxTurns: 5, maxTokens: 8 },
    );
    expect(trajectory).toMatchObject({ stop: 'error', error: 'index is gone', reward: null });
  });

  test('collect plays all searches and the answer if it is told no `maxTurns`', async () => {
    const texts = [search('x'), search('y'), '<answer>Tartu</answer>'];
    const policy: Policy = {
      generate: async () => [
        { speaker: 'assistant', kind: 'policy', turn: 0, text: texts.shift()! }, // as many as turns
      ],
    };
    const env = retrievalEnvironment({ source: documents, maxSearches: 2 });
    const [trajectory] = await collect(env, policy, { tasks: [task], seed: 0, maxTokens: 8 });
    expect(trajectory).toMatchObject({ stop: 'done', reward: 1 });
  });

  test('a count below 1 throws `option`', () => {
    expect(() => retrievalEnvironment({ source: [], k: 0 })).toThrowErrorMatchingInlineSnapshot(
      `[EfEnvError: retrievalEnvironment: k must be an integer >= 1, got 0.]`,
    );
  });
});
