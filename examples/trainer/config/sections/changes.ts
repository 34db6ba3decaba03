import { z } from 'zod';
import { count, named, positive, within } from '../settingTypes.ts';

/** A change that holds for the updates after `step` of a stage. */
export const change = z.strictObject({
  /** Place of the stage in `stages`. */
  stage: count(0, 1000),
  /** Updates of the stage before the change. */
  step: count(0, 100_000),
  learningRate: positive(1).optional(),
  beta: within(0, 100).optional(),
  temperature: within(0.01, 10).optional(),
  alpha: positive(100).optional(),
});

/** What a person changed while the run went, written by live control; a run from run.json makes the same changes. */
export const changes = named(
  z.array(change),
  'Settings that change while the run goes: { stage, step, learningRate, beta, temperature, alpha }. Written by live control.',
);
