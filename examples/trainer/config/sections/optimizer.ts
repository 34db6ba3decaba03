import { named, within } from '../settingTypes.ts';

/** Settings of AdamW for the whole run. */
export const optimizer = {
  adamBeta1: named(within(0, 0.999999), 'Decay of the first moment.', {
    trl: 'adam_beta1',
    verl: 'optim.betas[0]',
    primeRl: 'optim.betas1',
  }),
  adamBeta2: named(within(0, 0.999999), 'Decay of the second moment.', {
    trl: 'adam_beta2',
    verl: 'optim.betas[1]',
    primeRl: 'optim.betas2',
  }),
  weightDecay: named(within(0, 1), 'Decoupled decay.', {
    trl: 'weight_decay',
    verl: 'optim.weight_decay',
    primeRl: 'optim.weight_decay',
  }),
};
