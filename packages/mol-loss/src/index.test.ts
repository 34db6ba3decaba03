import { expect, test } from 'vitest';
import * as molLoss from './index.ts';

test('the public names', () => {
  expect(Object.keys(molLoss).sort()).toMatchInlineSnapshot(`
    [
      "FEEDBACK_DISTILLATION",
      "MolLossError",
      "OPSD",
      "ROLE_CODES",
      "SDFT",
      "SDPO",
      "alphaSchedule",
      "blendAdvantages",
      "crossEntropy",
      "distillationLoss",
      "distillationLossFromLogits",
      "distillationLossFromLogprobs",
      "divergence",
      "echoLoss",
      "feedbackDistillationLoss",
      "logSoftmax",
      "mixedBatch",
      "molLoss",
      "molLossFromLogits",
      "molTotals",
      "molWeights",
      "opsdLoss",
      "rlsdAdvantages",
      "rlsdShare",
      "rltfFeedbackLoss",
      "rltfSelfDistillationLoss",
      "roleCodes",
      "sdftLoss",
      "sdpgLoss",
      "sdpoLoss",
      "selectLargest",
      "selectRoles",
      "unlikelyTokenAdvantages",
    ]
  `);
});
