import { describe, expect, test } from 'vitest';
import { broadcastSequences, broadcastTurns, turnReturns } from './turnReturns.ts';
import { whiten } from './whiten.ts';

describe('turns and rows to tokens', () => {
  test('NaN is an error that names its place', () => {
    expect(() => turnReturns([0, Number.NaN])).toThrow('turnRewards is NaN at position 1');
    expect(() => turnReturns([0, null as unknown as number])).toThrow('turnRewards is null');
    expect(() => broadcastTurns([0, Number.NaN], [0, 1])).toThrow('the value of turn 1 is NaN');
    expect(() => broadcastSequences([Number.NaN], [1], { sequenceLength: 1 })).toThrow(
      'values is NaN',
    );
    expect(() => whiten([1, Number.NaN], [1, 1])).toThrow('values is NaN at position 1');
  });

  test('what no trained token has is not read', () => {
    expect([...broadcastTurns([0.5, Number.NaN], [0, -1])]).toEqual([0.5, 0]);
    const rows = broadcastSequences([2, Number.NaN], [true, false], { sequenceLength: 1 });
    expect([...rows]).toEqual([2, 0]);
    expect([...whiten([1, Number.NaN, 3], [1, 0, 1])][1]).toBe(0);
  });

  test('turns, counts and discounts are checked', () => {
    for (const turn of [0.5, -2, Number.NaN, '0', undefined])
      expect(() => broadcastTurns([1], [turn as number])).toThrow('turns[0] must be a turn number');
    expect(() => broadcastTurns([1], [1])).toThrow('token 0 is of turn 1, but there are 1');
    expect(() => broadcastSequences([1], [1], {} as never)).toThrow('needs sequenceLength');
    expect(() => turnReturns([1], { gamma: -1 })).toThrow('gamma must be a number from 0 to 1');
    expect(() => whiten([1, 2], [1, 0.5])).toThrow('mask must be 0, 1, false or true, got 0.5');
  });
});
