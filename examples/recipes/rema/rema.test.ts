import { collectDialogue, type Policy, type Trajectory } from '@molrl/ef-env';
import { policyLoss, turnRatioLoss } from '@molrl/grpo';
import { loadTokenizer, renderSegments } from '@molrl/qwen3';
import { describe, expect, test } from 'vitest';
import { outcomesOf, roleRow } from '../rema.ts';
import { BASE } from '../start.ts';
import { FINISH, type PlanTask, planAndSolve, SYSTEM } from './planAndSolve.ts';

/** Says the n-th text the n-th time that it is asked. */
const says = (...texts: string[]): Policy => ({
  generate: async (prompts) =>
    prompts.map(() => ({
      ...{ speaker: 'assistant', kind: 'policy', turn: 0, text: texts.shift()! },
      tokens: { ids: [5, 6, 7] },
    })),
});

const task: PlanTask = { digits: '4876', words: ['dil'] }; // to be reversed
const play = (planner: string[], solver: string[]): Promise<Record<string, Trajectory[]>> =>
  collectDialogue(
    planAndSolve,
    { planner: says(...planner), solver: says(...solver) },
    { tasks: [task], seed: 0, maxTokens: 9 },
  );

describe('the dialogue', () => {
  test('each role sees what is its own; both are paid when the planner finishes on the right result', async () => {
    const played = await play(['left', 'rev', FINISH], ['8764', '6784']);
    expect(played.planner![0]!.segments.map(({ text }) => text)).toEqual([
      ...[SYSTEM.planner, '4876 dil', 'left', '8764', 'rev', '6784', FINISH],
    ]);
    expect(played.solver![0]!.segments.map(({ text }) => text)).toEqual([
      ...[SYSTEM.solver, '4876 left', '8764', '8764 rev', '6784'],
    ]);
    expect(outcomesOf(played)).toEqual([1]);
    expect(outcomesOf(await play(['left', FINISH], ['8764']))).toEqual([0]);
  });

  test('one that does not finish is worth 0, whatever came out', async () => {
    expect(outcomesOf(await play(['rev', 'rev', 'rev'], ['6784', '6784', '6784']))).toEqual([0]);
  });

  test('a role is trained on its own tokens alone, not on what it was told', async () => {
    const tokenizer = await loadTokenizer(BASE);
    const { planner } = await play(['rev', FINISH], ['6784']);
    const render = (segments: Parameters<typeof renderSegments>[0]) =>
      renderSegments(segments, tokenizer, { format: 'recipe' });
    const view = planner![0]!;
    const [row] = roleRow({ render }, view, { advantage: 1, ratioOf: 'turn' });
    expect(row!.turns).toEqual([0, 0, 0, 1, 1, 1]);
    const { ids, roles } = row!.sequence;
    expect(Array.from(ids).filter((_, t) => roles[t] === 'assistant')).toEqual([5, 6, 7, 5, 6, 7]);
    expect(roleRow({ render }, view, { advantage: 1, ratioOf: 'token' })[0]!.turns).toEqual([
      ...[0, 1, 2, 3, 4, 5],
    ]);
    expect(roleRow({ render }, view, { advantage: 0, ratioOf: 'turn' })).toEqual([]);
  });
});

describe("ReMA's ratio", () => {
  const oldLogprobs = [-1, -1, -1, -1];
  const logprobs = [-1 + Math.log(2), -1 - Math.log(2), -0.9, -1.3];
  const rows = { sequenceIds: [0, 0, 1, 1], advantages: [1, -2] };

  test('of ln 2 and -ln 2 is 1 as the code means it, and 1.25 as the paper does', () => {
    const data = { logprobs, oldLogprobs, turns: [0, 0, 0, 0], ...rows };
    expect(turnRatioLoss(data).turns[0]!.ratio).toBeCloseTo(1, 14);
    expect(turnRatioLoss(data, { turnRatio: 'arithmetic' }).turns[0]!.ratio).toBeCloseTo(1.25, 14);
  });

  test("of turns of one token is the token's: the loss is GRPO's", () => {
    const data = { logprobs, oldLogprobs, ...rows };
    for (const turnRatio of ['geometric', 'arithmetic'] as const) {
      const turns = turnRatioLoss({ ...data, turns: [0, 1, 0, 1] }, { turnRatio });
      const grpo = policyLoss(data, { lossType: 'grpo' });
      expect(turns.loss).toBeCloseTo(grpo.loss, 14);
      for (const [i, slope] of grpo.gradient.entries())
        expect(turns.gradient[i]).toBeCloseTo(slope, 14);
    }
  });

  test('of one turn a sequence is that of the sequence: the loss is GSPO at its ratio', () => {
    const data = { logprobs, oldLogprobs, ...rows };
    const turns = turnRatioLoss({ ...data, turns: [0, 0, 0, 0] });
    const gspo = policyLoss(data, { lossType: 'gspo', epsilon: 0.2, epsilonHigh: 0.2 });
    expect(turns.loss).toBeCloseTo(gspo.loss, 14);
    for (const [i, slope] of gspo.gradient.entries())
      expect(turns.gradient[i]).toBeCloseTo(slope, 14);
  });

  test('has the gradient of finite differences; none beyond 3 |A| and none on what others said', () => {
    const data = {
      logprobs: [...logprobs, -0.1, -0.3, -1],
      oldLogprobs: [...oldLogprobs, -2, -2.1, -1], // a ratio of 6 where the advantage is negative
      ...{ turns: [0, 0, 0, 1, 0, 0, -1], sequenceIds: [0, 0, 1, 1, 2, 2, 2] },
      advantages: [1, -2, -1],
    };
    const at = (given: number[]) => turnRatioLoss({ ...data, logprobs: given });
    const { gradient } = at(data.logprobs);
    for (const i of data.logprobs.keys()) {
      const moved = (by: number): number =>
        at(data.logprobs.map((own, j) => (j === i ? own + by : own))).loss;
      expect((moved(1e-6) - moved(-1e-6)) / 2e-6).toBeCloseTo(gradient[i]!, 8);
    }
    expect([...gradient.slice(4)]).toEqual([0, 0, 0]);
    expect(gradient.slice(0, 4).some((slope) => slope !== 0)).toBe(true);
  });
});
