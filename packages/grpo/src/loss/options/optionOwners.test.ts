import { expect, test } from 'vitest';
import { GrpoError } from '../../base/errors.ts';
import { type PolicyLossName, policyLosses } from '../policyLosses.ts';
import { OPTION_OWNERS } from './optionOwners.ts';

const NAMES = Object.keys(policyLosses) as PolicyLossName[];
const data = { logprobs: [-1], advantages: [1], completionMask: [1], sequenceLength: 1 };

/** Whether the loss says that the option is another's; what it says of the value does not matter. */
function refuses(name: PolicyLossName, option: string): boolean {
  const loss = policyLosses[name] as (given: object, options: object) => unknown; // its options are checked
  try {
    loss(data, { [option]: 'no value of any kind' });
  } catch (error) {
    if (error instanceof GrpoError) return error.message.includes(`has no ${option}`);
  }
  return false;
}

test.each(Object.entries(OPTION_OWNERS))(
  '%s belongs to the losses that take it',
  (option, owners) => {
    const takes = NAMES.filter((name) => !refuses(name, option));
    const named = 'allBut' in owners ? NAMES.filter((n) => !owners.allBut.includes(n)) : owners;
    expect(takes.sort()).toEqual([...named].sort());
  },
);
