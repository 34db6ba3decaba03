import { describe, expect, test } from 'vitest';
import { groupAdvantages } from '../advantages/groupAdvantages.ts';
import { rolloutCorrection } from '../correction/rolloutCorrection.ts';
import { mixtureLoss } from '../loss/mixture/mixtureLoss.ts';
import { policyLoss } from '../loss/policyLoss.ts';
import { metricAliases } from '../metrics/metricAliases.ts';
import { GrpoError } from './errors.ts';

const data = { logprobs: [-1], advantages: [1], completionMask: [1], sequenceLength: 1 };
const calls: [string, (name: never) => unknown][] = [
  ['lossType', (lossType) => policyLoss(data, { lossType })],
  ['convention', (convention) => policyLoss(data, { lossType: 'dapo', convention })],
  ['reduction', (reduction) => policyLoss(data, { lossType: 'dapo', reduction })],
  ['component', (loss) => mixtureLoss(data, { a: { loss } })],
  ['scaleRewards', (scaleRewards) => groupAdvantages([1], { numGenerations: 1, scaleRewards })],
  ['project', (project) => metricAliases({}, project)],
];
const NO_NAMES = [Symbol('dapo'), Object.create(null), 5, 1n, [], ['dapo'], {}, '__proto__'];

describe.each(calls)('%s: what is no name is an `unknown-name` error', (_, call) => {
  test.each(NO_NAMES.map((name) => [typeof name, name]))('%s', (_, name) => {
    const run = () => call(name as never);
    expect(run).toThrow(GrpoError);
    expect(run).toThrow(/unknown \w+ .* Known: /);
  });
});

test('a name is suggested for texts only, and shown as it came', () => {
  const of = (lossType: unknown) => () => policyLoss(data, { lossType: lossType as never });
  expect(of('dappo')).toThrow("unknown lossType 'dappo'. Did you mean 'dapo'?");
  expect(of(Symbol('x'))).toThrow('unknown lossType Symbol(x). Known: ');
  expect(of(2n)).toThrow('unknown lossType 2n. Known: ');
});

test('a name is suggested only if it is near, or contains what was given', () => {
  const of = (options: object) => () => policyLoss(data, { lossType: 'dapo', ...options });
  expect(of({ scaleRewards: 'group' })).toThrow("unknown option 'scaleRewards'. Known: ");
  expect(of({ numItems: 1 })).toThrow("unknown option 'numItems'. Did you mean 'numItemsInBatch'?");
  expect(of({ epsilonHi: 0.28 })).toThrow("Did you mean 'epsilonHigh'?");
  expect(of({ accumulation: 2 })).toThrow("Did you mean 'gradientAccumulationSteps'?");
});

test("TRL's and a sampler's names of the data lead to ours, not to the nearest letters", () => {
  const rollout = {
    oldLogprobs: [-1],
    samplingLogprobs: [-1],
    completionMask: [1],
    sequenceLength: 1,
  };
  expect(() => rolloutCorrection(rollout as never)).toThrow("Did you mean 'rolloutLogprobs'?");
});
