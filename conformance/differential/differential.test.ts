import { describe, expect, test } from 'vitest';
import { type DifferentialCase, differences } from './differences.ts';
import { primeRlCases } from './primeRlCases.ts';
import { trlCases } from './trlCases.ts';
import { verlCases } from './verlCases.ts';

const tolerance = (): number => 1e-9;
const one = (ours: Record<string, unknown>): DifferentialCase => ({
  question: { loss: 'ppo' },
  ours: () => ours,
});

describe.each([
  ['trl', trlCases],
  ['verl', verlCases],
  ['prime-rl', primeRlCases],
] as const)('random cases for %s', (_, cases) => {
  test('the same seed asks the same questions, another seed others', () => {
    const questions = (seed: number) => JSON.stringify(cases(seed, 5).map((c) => c.question));
    expect(questions(1)).toBe(questions(1));
    expect(questions(1)).not.toBe(questions(2));
  });

  test('our side of 300 cases is finite', () => {
    for (const { question, ours } of cases(3, 300)) {
      const { loss = 0, gradient = [], advantages = [] } = ours();
      const finite = [loss, ...gradient, ...advantages].every(Number.isFinite);
      expect(finite, JSON.stringify(question)).toBe(true);
    }
  });
});

describe('differences', () => {
  test('names the first value that differs, and a value that is missing', () => {
    const ours = one({ loss: 1, gradient: [0, 2], metrics: { kl: 1 } });
    const peer = { loss: 1, gradient: [0, 3], metrics: { kl: 1, entropy: 2 } };
    expect(differences(ours, peer, [], tolerance)).toEqual({
      faults: ["gradient [1] is 2, the peer's 3", 'metrics.entropy is missing here'],
      exempt: [],
    });
  });

  test('an exemption covers its keys and its cases only', () => {
    const exemption = { keys: /^loss$/, when: () => true, reason: 'meant' };
    const peer = { loss: 2, gradient: [1] };
    expect(differences(one({ loss: 1, gradient: [0] }), peer, [exemption], tolerance)).toEqual({
      faults: ["gradient [0] is 0, the peer's 1"],
      exempt: ['meant'],
    });
    const never = { ...exemption, when: () => false };
    expect(differences(one({ loss: 1, gradient: [1] }), peer, [never], tolerance).exempt).toEqual(
      [],
    );
  });

  test('NaN equals NaN and nothing else', () => {
    const peer = { loss: Number.NaN };
    expect(differences(one({ loss: Number.NaN }), peer, [], tolerance).faults).toEqual([]);
    expect(differences(one({ loss: 0 }), peer, [], tolerance).faults).toHaveLength(1);
  });
});
