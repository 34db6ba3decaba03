import { z } from 'zod';
import { named, oneOf } from '../settingTypes.ts';

export const REPORT_TARGETS = ['tensorboard', 'wandb', 'trackio', 'none'] as const;
export type ReportTarget = (typeof REPORT_TARGETS)[number];

/** Where curves are shown beside metrics.jsonl and the report. */
export const tracking = {
  reportTo: named(
    z.array(oneOf(REPORT_TARGETS)),
    `Who else gets the metrics: ${REPORT_TARGETS.join(', ')}. One that fails is left out, and the run goes on.`,
    { trl: 'report_to', verl: 'trainer.logger', primeRl: 'wandb' },
  ),
  project: named(z.string('must be a name'), 'Project at wandb and trackio.', {
    trl: 'project',
    verl: 'trainer.project_name',
    primeRl: 'wandb.project',
  }),
  runName: named(
    z.string('must be a name').optional(),
    "Name of the run there. Default: the folder's.",
    { trl: 'run_name', verl: 'trainer.experiment_name', primeRl: 'wandb.name' },
  ),
};
