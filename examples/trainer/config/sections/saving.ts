import { count, named } from '../settingTypes.ts';

/** What is kept, and how often. */
export const saving = {
  saveSteps: named(count(1, 100_000), 'Updates between checkpoints.', {
    trl: 'save_steps',
    verl: 'trainer.save_freq',
    primeRl: 'ckpt.interval',
  }),
  saveTotalLimit: named(count(1, 1000), 'Checkpoints that are kept.', {
    trl: 'save_total_limit',
    verl: 'trainer.max_actor_ckpt_to_keep',
    primeRl: 'ckpt.keep',
  }),
};
