import { assertNumber } from '../base/assertNumber.ts';
import { MolLossError } from '../base/errors.ts';
import { lookUp } from '../base/lookUp.ts';
import type { Names } from '../base/readFields.ts';
import { DIVERGENCE_KINDS } from '../divergence/divergence.ts';
import type { DivergenceKind } from '../divergence/rowTerms.ts';
import { type DistillationWeightsOptions, WEIGHTS_FIELDS } from './distillationWeights.ts';
import type { Support, SupportDivergence } from './supportTerm.ts';

/** What is compared: of one sampled token there is the reverse KL only. */
export type DistillationTerm =
  | { support: 'sampled'; divergence?: 'reverse' | undefined; jsdBeta?: undefined }
  | ({
      support: Exclude<Support, 'sampled'>;
      /**
       * `'reverse'` KL(student || teacher), `'forward'` KL(teacher || student), `'jsd'` the generalised one. No default:
       * implementations differ (TRL's SDPO reverse, its SDFT JSD 0.5, the SDFT paper forward).
       */
      divergence: DivergenceKind;
    } & (
      | { divergence: Exclude<DivergenceKind, 'jsd'>; jsdBeta?: undefined }
      | {
          divergence: 'jsd';
          /**
           * Share of the teacher in the mixture of `'jsd'`: SDPO's and TRL's `alpha`, GKD's and OPSD's `beta`. At 0 it is the
           * forward and at 1 the reverse KL. Default 0.5.
           */
          jsdBeta?: number | undefined;
        }
    ));

export type DistillationOptions = DistillationTerm & DistillationWeightsOptions;

/** Names of `DistillationOptions`. */
export const DISTILLATION_FIELDS: Names<DistillationOptions> = {
  ...WEIGHTS_FIELDS,
  support: true,
  divergence: true,
  jsdBeta: true,
};

const SUPPORTS: Readonly<Record<Support, true>> = {
  full: true,
  'top-k': true,
  'top-k-tail': true,
  sampled: true,
};

/** The term, checked. */
export function readTerm(where: string, options: DistillationTerm): SupportDivergence {
  const { support, divergence, jsdBeta = 0.5 } = options;
  lookUp(`${where}: unknown support`, SUPPORTS, support);
  assertNumber(`${where}: jsdBeta`, jsdBeta, { min: 0, max: 1 });
  const kind = divergence ?? (support === 'sampled' ? 'reverse' : undefined);
  if (kind === undefined) {
    throw new MolLossError(
      'missing',
      `${where}: support '${support}' needs divergence: 'reverse', 'forward' or 'jsd'.`,
    );
  }
  lookUp(`${where}: unknown divergence`, DIVERGENCE_KINDS, kind);
  if (support === 'sampled' && kind !== 'reverse') {
    throw new MolLossError(
      'option',
      `${where}: support 'sampled' has the reverse KL only, got divergence '${kind}'. Take another support.`,
    );
  }
  return { support, kind, jsdBeta };
}
