// One file for the soft backup and the two ways to discount: they are judged by the same small problem.
import { describe, expect, test } from 'vitest';
import { gae } from './gae.ts';
import { poadAdvantages } from './poadAdvantages.ts';
import { softBellmanTargets } from './softBellmanTargets.ts';
import { softValues } from './softValues.ts';

/** Three states, four tokens, actions of two or three tokens: token 0 as the second one ends the action. */
const [STATES, V, END, GAMMA, BETA] = [3, 4, 0, 0.6, 0.7];
const tokens = Array.from({ length: V }, (_, w) => w);
const actions = tokens.flatMap((a) =>
  tokens.flatMap((b) => (b === END ? [[a, b]] : tokens.map((c) => [a, b, c]))),
);
/** What stands before a token. */
const contexts = Array.from({ length: STATES }, (_, s) => [
  [s],
  ...tokens.map((a) => [s, a]),
  ...tokens.flatMap((a) => tokens.filter((b) => b !== END).map((b) => [s, a, b])),
]).flat();
const key = (...context: number[]): string => context.join(' ');
const contextAt = new Map(contexts.map((context, i) => [key(...context), i]));
const wave = (x: number): number => Math.sin(12.9898 * x) * 2; // any numbers
const logRho = contexts.map((_, i) => {
  const z = tokens.map((w) => wave(V * i + w + 1));
  const sum = Math.log(z.reduce((total, x) => total + Math.exp(x), 0));
  return z.map((x) => x - sum);
});
const rewardOf = (s: number, a: number): number => wave(31 * s + a + 500);
const nextState = (s: number, a: number): number | null =>
  (s + a) % 5 === 0 ? null : (s * 7 + a) % STATES;
const prefixes = (s: number, action: readonly number[]): number[] =>
  action.map((_, j) => contextAt.get(key(s, ...action.slice(0, j)))!);
const logRhoOf = (s: number, action: readonly number[]): number =>
  prefixes(s, action).reduce((sum, at, j) => sum + logRho[at]![action[j]!]!, 0);

/** log pi of each state's actions by soft value iteration over whole actions. */
function byActions(): number[][] {
  let values = new Array<number>(STATES).fill(0);
  for (;;) {
    const q = values.map((_, s) =>
      actions.map((action, a) => {
        const next = nextState(s, a);
        const later = next === null ? 0 : GAMMA * values[next]!;
        return logRhoOf(s, action) + (rewardOf(s, a) + later) / BETA;
      }),
    );
    const logZ = q.map((row) => Math.log(row.reduce((sum, x) => sum + Math.exp(x), 0)));
    const moved = logZ.map((x) => BETA * x);
    const change = Math.max(...moved.map((x, s) => Math.abs(x - values[s]!)));
    values = moved;
    if (change < 1e-14) return q.map((row, s) => row.map((x) => x - logZ[s]!));
  }
}

/** Every action in every state, and the first token of the turn after it. */
const LENGTH = 4;
const episodes = Array.from({ length: STATES }, (_, s) =>
  actions.map((action, a) => {
    const next = nextState(s, a);
    const at = [...prefixes(s, action), ...(next === null ? [] : [contextAt.get(key(next))!])];
    const row = <T>(value: (j: number) => T, none: T): T[] =>
      Array.from({ length: LENGTH }, (_, j) => (j < at.length ? value(j) : none));
    return {
      ...{ s, a, action, at },
      places: row((j) => at[j]!, 0),
      turns: row((j) => Number(j >= action.length), -1),
      tokenRewards: row((j) => (j === action.length - 1 ? rewardOf(s, a) : 0), 0),
    };
  }),
).flat();
const turns = episodes.flatMap((episode) => episode.turns);
const tokenRewards = episodes.flatMap((episode) => episode.tokenRewards);
const completionMask = turns.map((turn) => Number(turn >= 0));

/** The same from a table of Q over tokens: rho exp(Q / beta), its soft values, their backup along every action. */
function byTokens(backup: (values: number[]) => Float64Array): number[][] {
  const q = contexts.map(() => new Array<number>(V).fill(0));
  for (;;) {
    const logits = q.flatMap((row, i) => row.map((x, w) => logRho[i]![w]! + x / BETA));
    const data = { logits, refLogits: logRho.flat(), qValues: q.flat(), vocabularySize: V };
    const { values, gradient } = softValues(data, { beta: BETA });
    if (gradient.some((slope) => Math.abs(slope) > 1e-12)) throw new Error('not the best policy');
    const targets = backup(episodes.flatMap(({ places }) => places.map((at) => values[at]!)));
    let change = 0;
    for (const [row, { action, at }] of episodes.entries()) {
      for (const [j, token] of action.entries()) {
        const target = targets[LENGTH * row + j]!;
        change = Math.max(change, Math.abs(target - q[at[j]!]![token]!));
        q[at[j]!]![token] = target;
      }
    }
    if (change >= 1e-14) continue;
    const logPi = (at: number, token: number): number => {
      const z = q[at]!.map((x, w) => logRho[at]![w]! + x / BETA);
      return z[token]! - Math.log(z.reduce((sum, x) => sum + Math.exp(x), 0));
    };
    const ofActions = episodes.map(({ action, at }) =>
      action.reduce((sum, token, j) => sum + logPi(at[j]!, token), 0),
    );
    return Array.from({ length: STATES }, (_, s) =>
      ofActions.filter((_, i) => episodes[i]!.s === s),
    );
  }
}

const farthest = (a: readonly number[][], b: readonly number[][]): number =>
  Math.max(
    ...a.flatMap((row, s) => row.map((x, i) => Math.abs(Math.exp(x) - Math.exp(b[s]![i]!)))),
  );

describe('softBellmanTargets', () => {
  test('give the policy over whole actions, which a discount inside actions does not', () => {
    const exact = byActions();
    for (const row of exact)
      expect(row.reduce((sum, x) => sum + Math.exp(x), 0)).toBeCloseTo(1, 12);
    const data = { tokenRewards, turns, completionMask, sequenceLength: LENGTH };
    const between = byTokens((values) => softBellmanTargets({ ...data, values }, { gamma: GAMMA }));
    expect(farthest(between, exact)).toBeLessThan(1e-10);
    const discounts = { gamma: GAMMA, lambda: 0 };
    const everywhere = byTokens((values) => gae({ ...data, values }, discounts).returns);
    expect(farthest(everywhere, exact)).toBeGreaterThan(0.01);
  });

  test('are the returns of POAD without a trace, and 0 on tokens of no turn', () => {
    const data = {
      tokenRewards: [Number.NaN, 9, 0.5, Number.NaN, -1, 2],
      values: [Number.NaN, 0.25, 0.5, Number.NaN, 1, -0.5],
      turns: [-1, 0, 0, -1, 1, 2],
      sequenceLength: 6,
    };
    const targets = softBellmanTargets(data, { gamma: 0.5 });
    expect([...targets]).toEqual([0, 0.5, 0.5 + 0.5 * 1, 0, -1 + 0.5 * -0.5, 2]);
    expect(poadAdvantages(data, { gamma: 0.5, lambda: 0 }).returns).toEqual(targets);
    expect(() => softBellmanTargets({ ...data, turns: [0, 1, 0, -1, 1, 2] })).toThrow(
      'softBellmanTargets: turns must rise within a sequence',
    );
    expect(() => softBellmanTargets(data, { gamma: 2 })).toThrow('gamma must be a number from 0');
  });
});

test('POAD and NTPO on two turns of two tokens, worked by hand', () => {
  // gamma 0.5, lambda 1/2, rewards 1 and 2 at the ends of the turns
  const values = [1, 2, 3, 4];
  const data = { tokenRewards: [0, 1, 0, 2], values, sequenceLength: 4 };
  const discounts = { gamma: 0.5, lambda: 0.5 };
  const poad = poadAdvantages({ ...data, turns: [0, 0, 1, 1] }, discounts);
  const ntpo = gae({ ...data, completionMask: [1, 1, 1, 1] }, discounts);
  //  token            POAD                              NTPO
  //  3  delta        2 - 4 = -2                        2 - 4 = -2
  //     A            -2                                -2
  //  2  delta        4 - 3 = 1                         0.5 * 4 - 3 = -1
  //     A            1 + 0.5 * -2 = 0                  -1 + 0.25 * -2 = -1.5
  //  1  delta        1 + 0.5 * 3 - 2 = 0.5             1 + 0.5 * 3 - 2 = 0.5
  //     A            0.5 + 0.25 * 0 = 0.5              0.5 + 0.25 * -1.5 = 0.125
  //  0  delta        2 - 1 = 1                         0.5 * 2 - 1 = 0
  //     A            1 + 0.5 * 0.5 = 1.25              0 + 0.25 * 0.125 = 0.03125
  expect([...poad.advantages]).toEqual([1.25, 0.5, 0, -2]);
  expect([...ntpo.advantages]).toEqual([0.03125, 0.125, -1.5, -2]);
  expect([...poad.returns]).toEqual([2.25, 2.5, 3, 2]);
});

describe('softValues', () => {
  const data = {
    logits: [0.3, -1, 0.7, 0, 2, -0.5],
    refLogits: [1, 0.2, -0.4, 0, 0, 0],
    qValues: [0.5, -2, 1, 0.1, 0.2, 3],
    vocabularySize: 3,
  };

  test('are the mean of Q less beta KL', () => {
    const { values } = softValues(data, { beta: 0.5 });
    const softmax = (z: number[]): number[] => {
      const sum = z.reduce((total, x) => total + Math.exp(x), 0);
      return z.map((x) => Math.exp(x) / sum);
    };
    for (const row of [0, 1]) {
      const of = (all: number[]): number[] => all.slice(3 * row, 3 * row + 3);
      const [p, rho, q] = [softmax(of(data.logits)), softmax(of(data.refLogits)), of(data.qValues)];
      const kl = p.reduce((sum, x, v) => sum + x * Math.log(x / rho[v]!), 0);
      expect(values[row]).toBeCloseTo(p.reduce((sum, x, v) => sum + x * q[v]!, 0) - 0.5 * kl, 13);
    }
  });

  test('have the gradient of finite differences', () => {
    const { gradient } = softValues(data, { beta: 0.5 });
    for (const [i, slope] of gradient.entries()) {
      const moved = (by: number): number => {
        const logits = data.logits.map((z, v) => (v === i ? z + by : z));
        return softValues({ ...data, logits }, { beta: 0.5 }).values[Math.floor(i / 3)]!;
      };
      expect((moved(1e-5) - moved(-1e-5)) / 2e-5).toBeCloseTo(slope, 9);
    }
  });

  test('a token that cannot be said is not read; refusals name what came', () => {
    const masked = { ...data, logits: [0, 0, -Infinity, 0, 0, 0] };
    const broken = {
      ...masked,
      qValues: [1, 3, Number.NaN, 0, 0, 0],
      refLogits: new Array(6).fill(0),
    };
    const { values, gradient } = softValues(broken, { beta: 1 });
    expect(values[0]).toBeCloseTo(2 - Math.log(3 / 2), 13);
    expect(gradient[2]).toBe(0);
    const run =
      (more: object, beta = 1) =>
      () =>
        softValues({ ...data, ...more }, { beta });
    expect(run({ qValues: [1, 2, Number.NaN, 0, 0, 0] })).toThrow('Q or log rho of id 2 is NaN');
    expect(run({ logits: new Array(6).fill(-Infinity) })).toThrow('all logits are -Infinity');
    expect(run({ vocabularySize: 4 })).toThrow('6 values are no rows');
    expect(run({ refLogits: [1] })).toThrow('refLogits must have 6 values, got 1');
    expect(run({}, 0)).toThrow('beta must be a finite number > 0, got 0');
  });
});
