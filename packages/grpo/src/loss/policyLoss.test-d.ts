import {
  dapoLoss,
  gmpoLoss,
  mixtureLoss,
  type PolicyLossCall,
  policyLoss,
  policyLosses,
  rolloutCorrection,
  stepTotals,
} from '../index.ts';

const data = { logprobs: [-1], advantages: [1], completionMask: [true], sequenceLength: 1 };

// Options are those of the loss that lossType names.
policyLoss(data, { lossType: 'grpo', delta: 3, beta: 0.1, topEntropyQuantile: 0.2 });
policyLoss(data, { lossType: 'sapo', sapoTemperaturePos: 1, convention: undefined });
policyLoss(data, { lossType: 'rema', turnRatio: 'arithmetic', numTurns: 3 });
// @ts-expect-error grpo has no temperatures
policyLoss(data, { lossType: 'grpo', sapoTemperaturePos: 5 });
// @ts-expect-error cispo has no delta
policyLoss(data, { lossType: 'cispo', delta: 2 });
// @ts-expect-error rema has no KL
policyLoss(data, { lossType: 'rema', beta: 0.1 });
// @ts-expect-error gmpo has no reduction
policyLoss(data, { lossType: 'gmpo', reduction: 'token-mean' });
// @ts-expect-error gmpo takes an estimator of the KL, not the KL
policyLoss(data, { lossType: 'gmpo', klEstimator: 'exact' });
// @ts-expect-error a misspelt option
policyLoss(data, { lossType: 'dapo', epsilonHi: 0.28 });
// @ts-expect-error a misspelt convention
policyLoss(data, { lossType: 'dapo', convention: 'TRL' });
// @ts-expect-error a misspelt loss
policyLoss(data, { lossType: 'dappo' });
// @ts-expect-error a misspelt field
policyLoss({ ...data, oldLogProbs: [-1] }, { lossType: 'dapo' });

// Single losses: the same, without what policyLoss adds.
dapoLoss(data, { klEstimator: 'k1', importanceSamplingLevel: 'sequence' });
// @ts-expect-error entropy options are policyLoss's
dapoLoss(data, { entropyCoef: 0.1 });
// @ts-expect-error gmpo has no importance level
gmpoLoss(data, { importanceSamplingLevel: 'sequence' });

// A function of your own takes what it likes.
policyLoss(data, { lossType: (given) => dapoLoss(given, {}), anything: 'x' });
policyLoss(data, { lossType: dapoLoss, epsilon: 0.3 });

// Components of a mixture, by name or function.
mixtureLoss(data, { rl: { loss: 'dapo', options: { beta: 0.1 } }, ce: { loss: dapoLoss } });
// @ts-expect-error ppo has no temperatures
mixtureLoss(data, { rl: { loss: 'ppo', options: { sapoTemperaturePos: 1 } } });

// Calls are built up as data.
const call: PolicyLossCall = { lossType: 'dapo' };
call.numItemsInBatch = 4;

const aligned = { logprobs: [-1], advantages: [1], sequenceIds: [0] };
policyLoss(aligned, { lossType: 'dapo' });
policyLosses.gspo(aligned, {});
stepTotals([aligned, { sequenceIds: [0] }]);
rolloutCorrection({ oldLogprobs: [-1], rolloutLogprobs: [-1], sequenceIds: [0] });
// @ts-expect-error one layout, not both
policyLoss({ ...aligned, completionMask: [1], sequenceLength: 1 }, { lossType: 'dapo' });
// @ts-expect-error a grid has its mask and its length
policyLoss({ logprobs: [-1], advantages: [1], sequenceLength: 1 }, { lossType: 'dapo' });
// @ts-expect-error no layout at all
policyLoss({ logprobs: [-1], advantages: [1] }, { lossType: 'dapo' });
