// One file: what is no name, number or array is a MolLossError whose message is short, whatever came.
import { describe, expect, test } from 'vitest';
import { MolLossError } from './base/errors.ts';
import { crossEntropy, divergence, logSoftmax } from './divergence/divergence.ts';
import { mixedBatch } from './mol/mixedBatch.ts';
import { molLoss } from './mol/molLoss.ts';
import { molTotals } from './mol/molTotals.ts';
import { roleCodes, selectLargest } from './mol/roles.ts';

const ODD = [Symbol('x'), 1n, Object.create(null), {}, () => 1, new Float64Array(1e5), 'abc'];
const one = { roles: ['general' as const], logprobs: [-1], kl: [0] };
const calls: [string, (value: never) => unknown][] = [
  ['roles', (role) => roleCodes([role])],
  ['an array of negative length', () => roleCodes({ length: -1 })],
  ['logprobs', (logprob) => molLoss({ ...one, logprobs: [logprob] }, { alpha: 1 })],
  ['kl', (kl) => molLoss({ ...one, kl: [kl] }, { alpha: 1 })],
  ['tokenWeights', (weight) => molLoss({ ...one, tokenWeights: [weight] }, { alpha: 1 })],
  ['sequenceIds', (id) => molLoss({ ...one, sequenceIds: [id] }, { alpha: 1 })],
  ['normalizer', (general) => molLoss(one, { alpha: 1, normalizer: general })],
  ['denominator', (denominator) => molLoss(one, { alpha: 1, denominator })],
  ['totals', (general) => molLoss(one, { alpha: 1, totals: { general } })],
  ['parts', (part) => molTotals([part], {})],
  ['kind', (kind) => divergence([0, 0], [0, 0], { kind })],
  ['target', (target) => crossEntropy([0, 0], target)],
  ['temperature', (temperature) => logSoftmax([0, 0], temperature)],
  ['values', (value) => selectLargest(['general'], [value], { role: 'general', share: 1 })],
  ['seed', (seed) => mixedBatch(0, { domainSize: 1, generalSize: 1, batchSize: 1, seed })],
];

describe.each(calls)('%s', (_, call) => {
  test.each(ODD.map((value) => [typeof value, value]))('%s', (_, value) => {
    const run = () => call(value as never);
    expect(run).toThrow(MolLossError);
    expect(run).toThrow(/^.{10,300}$/s);
  });
});

test('a log-prob above 0 is an `option` error, NaN a `not-finite` one', () => {
  const codeOf = (logprob: number) => {
    try {
      return molLoss({ ...one, logprobs: [logprob] }, { alpha: 1 });
    } catch (error) {
      return (error as MolLossError).code;
    }
  };
  expect([codeOf(0.5), codeOf(Number.NaN)]).toEqual(['option', 'not-finite']);
});
