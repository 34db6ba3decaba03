import { z } from 'zod';
import { named, oneOf, within } from '../settingTypes.ts';

/** How weights are moved, in the whole run. */
export const optimizer = {
  optim: named(
    oneOf(['adamw', 'muon', 'adamw_8bit']),
    "'adamw'; 'muon' for the matrices inside (rates as AdamW's) and AdamW for the rest; 'adamw_8bit' with moments in bytes.",
    { trl: 'optim', verl: 'optim.optimizer', primeRl: 'optim.type' },
  ),
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
  weightDecay: named(within(0, 1), 'Decoupled decay of matrices; norms and biases have none.', {
    trl: 'weight_decay',
    verl: 'optim.weight_decay',
    primeRl: 'optim.weight_decay',
  }),
  gradientCheckpointing: named(
    z.boolean('must be true or false'),
    'Compute every layer again in the backward pass: less memory, more time, the same numbers.',
    {
      trl: 'gradient_checkpointing',
      verl: 'model.enable_gradient_checkpointing',
      primeRl: 'model.ac',
    },
  ),
};
