import { molLoss, molTotals } from '../index.ts';

const ce = { logprobs: [-1], roles: ['general' as const] };
const data = { ...ce, kl: [0] };

molLoss(data, { alpha: 1, environmentWeight: 2 });
molLoss(data, { mixture: { environment: { ce: 1 }, general: { kl: 0.1 } } });
molLoss(ce, { mixture: { environment: { ce: 1 }, general: { ce: 1 } } });
molTotals([ce], { normalizer: 'token' });

// @ts-expect-error a mixture is said once
molLoss(data, { alpha: 1, mixture: { environment: { ce: 1 } } });
// @ts-expect-error the weight of the environment is in the mixture
molLoss(data, { mixture: { environment: { ce: 1 } }, environmentWeight: 2 });
// @ts-expect-error a role has CE or KL
molLoss(data, { mixture: { general: { ce: 1, kl: 1 } } });
// @ts-expect-error a mixture with KL reads kl
molLoss(ce, { mixture: { general: { kl: 1 } } });
// @ts-expect-error alpha has KL, which reads kl
molLoss(ce, { alpha: 1 });
// @ts-expect-error ignore has no loss
molLoss(data, { mixture: { ignore: { ce: 1 } } });
// @ts-expect-error no default
molLoss(data, {});
