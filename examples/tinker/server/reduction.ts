/**
 * How the losses of tokens become the loss that an optimiser step goes down.
 *
 * `'sum'`: of all tokens of all data since the last step, as Tinker's documentation has it; the SDK's custom losses need it.
 *
 * `'sequence-mean'`: each datum divided by the sum of its weights, then the mean over the data since the last step, as
 * SkyRL 0.4.0 has it.
 */
export type Reduction = 'sum' | 'sequence-mean';

/** What SkyRL divides by at least. */
const SMALLEST_WEIGHT = 1e-9;

/** A datum's factor. */
export const datumScale = (reduction: Reduction, weight: number): number =>
  reduction === 'sum' ? 1 : 1 / Math.max(weight, SMALLEST_WEIGHT);

/** The factor of all data together. */
export const stepScale = (reduction: Reduction, data: number): number =>
  reduction === 'sum' ? 1 : 1 / Math.max(1, data);
