import { z } from 'zod';
import { count, named, positive } from '../settingTypes.ts';

/** An adapter instead of all weights. */
export const lora = z.strictObject({
  r: named(count(1, 512), 'Rank of the adapter.', {
    trl: 'lora_r',
    verl: 'model.lora_rank',
    primeRl: 'model.lora.rank',
  }),
  alpha: named(positive(4096).optional(), 'Scale, divided by the rank. Default: twice the rank.', {
    trl: 'lora_alpha',
    verl: 'model.lora_alpha',
    primeRl: 'model.lora.alpha',
  }),
});
