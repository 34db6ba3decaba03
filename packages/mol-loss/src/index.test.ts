import { expect, test } from 'vitest';
import * as molLoss from './index.ts';

test('the public names', () => {
  expect(Object.keys(molLoss).sort()).toMatchInlineSnapshot(`
    [
      "MolLossError",
      "ROLE_CODES",
      "alphaSchedule",
      "crossEntropy",
      "divergence",
      "logSoftmax",
      "mixedBatch",
      "molLoss",
      "molLossFromLogits",
      "molTotals",
      "molWeights",
      "roleCodes",
      "selectLargest",
      "selectRoles",
    ]
  `);
});
