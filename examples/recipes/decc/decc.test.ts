import { collect, createRandom, type Policy, type Trajectory } from '@molrl/ef-env';
import {
  createQwen3,
  loadTokenizer,
  packedBatch,
  renderSegments,
  scoreTargets,
  selectTargets,
  TINY_CONFIG,
} from '@molrl/qwen3';
import { openCpu } from '@molrl/tensor-gpu';
import { dispose } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Learner, Sequence } from '../../trainer/method/learner.ts';
import { distilledGradient, distilledRows } from '../decc.ts';
import { BASE } from '../start.ts';
import {
  type Clauses,
  clausesTask,
  pairsF1,
  question,
  readPairs,
  stagedClauses,
  stagedExample,
} from './clauses.ts';

const task: Clauses = {
  clauses: ['kit won', 'sam sad', 'red fell', 'sam lost'],
  pairs: [[2, 4]],
};
const RIGHT = ['sad', 'sad 2', '4 sam lost', '2-4'];

async function play(texts: readonly string[], pruned = true): Promise<Trajectory> {
  const queue = [...texts];
  const policy: Policy = {
    generate: async () => [
      {
        ...{ speaker: 'assistant', kind: 'policy', turn: 0, text: queue.shift()! },
        tokens: { ids: [7, 8] },
      },
    ],
  };
  const options = { tasks: [task], seed: 0, maxTokens: 9 };
  const [episode] = await collect(stagedClauses({ pruned }), policy, options);
  return episode!;
}

describe('the stages', () => {
  test('end in pairs, scored by their F1', async () => {
    expect(await play(RIGHT)).toMatchObject({ reward: 1, stop: 'done' });
    expect(pairsF1([[2, 4]], [[2, 4]])).toBe(1);
    // one right of two said and three wanted: P 1/2, R 1/3
    expect(
      pairsF1(
        [
          [2, 4],
          [1, 3],
        ],
        [
          [2, 4],
          [5, 6],
          [7, 8],
        ],
      ),
    ).toBeCloseTo(0.4, 14);
    expect(pairsF1(readPairs('2-4 2-4'), [[2, 4]])).toBeCloseTo(2 / 3, 14);
    expect(pairsF1(readPairs('two'), [[2, 4]])).toBe(0);
  });

  test.each([
    [['glad'], "'glad' occurs in no clause."],
    [['sad', 'sad 3'], "Clause 3 does not say 'sad'."],
    [['sad', 'glad 2'], "'sad' has no clause."],
    [['sad', 'sad 2', '4 sam won'], "Clause 4 is not 'sam won'."],
    [['sad', 'sad 2', '4 sam lost; 1 kit won'], 'Each feeling needs one cause.'],
    [[...RIGHT.slice(0, 3), '2-3'], 'The pairs are not those that were found.'],
  ])('%j is pruned, and nothing is learned of it', async (said, why) => {
    const episode = await play(said);
    expect(episode.info?.pruned).toMatchObject({ reason: why });
    expect(episode.reward).toBe(0);
    const learner = { render: await render() };
    expect(distilledRows(learner, [episode], () => 'Pairs?')).toEqual([]);
  });

  test('a conversation that the model begins with keeps all rules', async () => {
    const random = createRandom(3);
    for (let i = 0; i < 20; i++) {
      const said = stagedExample(createRandom(i)).filter(({ speaker }) => speaker === 'assistant');
      const [own, queue] = [clausesTask(createRandom(i)), said.map(({ text }) => text)];
      const policy: Policy = {
        generate: async () => [
          { speaker: 'assistant', kind: 'policy', turn: 0, text: queue.shift()! },
        ],
      };
      const options = { tasks: [own], seed: random.integer(99), maxTokens: 9 };
      const [episode] = await collect(stagedClauses({ pruned: true }), policy, options);
      expect(episode!.reward).toBe(1);
    }
  });
});

describe('the distillation', () => {
  beforeAll(() => openCpu({ threads: 1 }));

  test('reads the question alone, the teacher the whole conversation; only the last answer is a target', async () => {
    const tokenizer = await loadTokenizer(BASE);
    const learner = { render: await render() };
    const played = [await play(RIGHT)];
    const [row] = distilledRows(learner, played, (data) => question(data as Clauses));
    const targets = ({ ids, roles }: Sequence): number[] =>
      Array.from(ids).filter((_, t) => roles[t] === 'assistant');
    expect(targets(row!.sequence)).toEqual([7, 8]);
    expect(targets(row!.told)).toEqual([7, 8]);
    const read = tokenizer.decode(Array.from(row!.sequence.ids));
    expect(read).toContain('4 sam lost\nPairs?');
    expect(read).not.toContain('Where?');
    expect(tokenizer.decode(Array.from(row!.told.ids))).toContain('Where?');
  });

  test('is exactly nothing where the conversation is the question', async () => {
    const model = createQwen3(TINY_CONFIG, { seed: 1 });
    const sequence = answered([5, 1, 9], [3, 4]);
    const learner = { model, ref: model, tokensPerPass: 1000 } as unknown as Learner;
    const teacher = createQwen3(TINY_CONFIG, { seed: 1 });
    const row = { sequence, told: sequence, advantage: 0 };
    const { gradients, metrics } = await distilledGradient({ ...learner, ref: teacher }, [row]);
    expect(Math.abs(metrics.loss!)).toBeLessThan(1e-7);
    for (const gradient of Object.values(gradients))
      expect(Math.max(...(await gradient.data()).map(Math.abs))).toBeLessThan(1e-6);
    dispose(gradients);
    model.dispose();
    teacher.dispose();
  });

  test("sums over a teacher's answers to the divergence of whole answers: no token is counted twice or left out", async () => {
    const [student, teacher] = [1, 2].map((seed) => createQwen3(TINY_CONFIG, { seed }));
    const all = Array.from({ length: TINY_CONFIG.vocabSize ** 2 }, (_, i) => [
      i % TINY_CONFIG.vocabSize,
      Math.floor(i / TINY_CONFIG.vocabSize),
    ]);
    const [asked, told] = [
      [5, 1],
      [5, 1, 9, 2, 6],
    ];
    const behind = (context: number[]) => {
      const sequences = all.map((answer) => answered(context, answer));
      const batch = packedBatch(sequences, { sharePrefixes: true });
      return { batch, targets: selectTargets(batch, sequences) };
    };
    const [own, more] = [behind(asked!), behind(told!)];
    const scored = await scoreTargets(student!, own.batch, own.targets, {
      ...{ ref: teacher!, refInput: more, kl: 'forward' },
    });
    const judged = await scoreTargets(teacher!, more.batch, more.targets);
    const sum = (of: ArrayLike<number>, i: number): number => of[2 * i]! + of[2 * i + 1]!;
    let [whole, tokens] = [0, 0];
    for (const i of all.keys()) {
      const [log, logTeacher] = [sum(scored.logprobs, i), sum(judged.logprobs, i)];
      whole += Math.exp(logTeacher) * (logTeacher - log);
      tokens += Math.exp(logTeacher) * sum(scored.kl, i);
    }
    expect(whole).toBeGreaterThan(1e-3);
    expect(tokens).toBeCloseTo(whole, 5);
    for (const one of [scored, judged, student!, teacher!]) one.dispose();
  });
});

const answered = (context: readonly number[], answer: readonly number[]): Sequence => ({
  ids: Int32Array.from([...context, ...answer]),
  roles: [...context.map(() => 'ignore' as const), ...answer.map(() => 'assistant' as const)],
});

const render = async () => {
  const tokenizer = await loadTokenizer(BASE);
  return (segments: Parameters<typeof renderSegments>[0]) =>
    renderSegments(segments, tokenizer, { format: 'recipe' });
};
