import { policyLoss } from '../loss/policyLoss.ts';
import { groupAdvantages } from './groupAdvantages.ts';

// @ts-expect-error numGenerations has no default
groupAdvantages([1, 0], {});
// @ts-expect-error groups are given in one way only
groupAdvantages([1, 0], { numGenerations: 2, groupIds: [0, 0] });
// @ts-expect-error lossType has no default
policyLoss({ logprobs: [], advantages: [], completionMask: [], sequenceLength: 1 }, {});
