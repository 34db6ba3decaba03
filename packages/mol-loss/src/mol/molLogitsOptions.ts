import type { Names } from '../base/readFields.ts';
import type { DivergenceKind } from '../divergence/rowTerms.ts';
import type { MolWeightsOptions } from './molWeights.ts';

type LogitsOptions = {
  /** Divides both logits in both terms. Default 1. */
  temperature?: number | undefined;
  /** Divides both logits further, in the divergence only. Default 1. */
  klTemperature?: number | undefined;
  /** Multiply the divergence by klTemperature^2, as in distillation. Default false. */
  scaleByKlTemperature?: boolean | undefined;
} & (
  | {
      /** Default `'reverse'`. */
      divergence?: Exclude<DivergenceKind, 'jsd'> | undefined;
      jsdBeta?: undefined;
    }
  | {
      divergence: 'jsd';
      /** Share of the base in the mixture, 0 to 1; at the ends it is the forward and the reverse KL. Default 0.5. */
      jsdBeta?: number | undefined;
    }
);

/** The mixture and its sizes, and how the terms are made of logits. */
export type MolLogitsOptions = MolWeightsOptions & LogitsOptions;

/** The names that `MolLogitsOptions` has beyond `MolWeightsOptions`. */
export const LOGITS_OPTIONS: Names<LogitsOptions> = {
  divergence: true,
  jsdBeta: true,
  temperature: true,
  klTemperature: true,
  scaleByKlTemperature: true,
};
