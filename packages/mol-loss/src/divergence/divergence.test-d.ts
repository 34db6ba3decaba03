import { type distillationLossFromLogits, divergence, type molLossFromLogits } from '../index.ts';

type Distillation = Parameters<typeof distillationLossFromLogits>[1];
type Mixture = Parameters<typeof molLossFromLogits>[1];
const distilled = (options: Distillation): Distillation => options;
const mixed = (options: Mixture): Mixture => options;

divergence([0, 1], [1, 0], { kind: 'jsd', jsdBeta: 0.3 });
distilled({ support: 'full', divergence: 'jsd', jsdBeta: 0.3 });
mixed({ alpha: 1, divergence: 'jsd', jsdBeta: 0.3 });

// @ts-expect-error a share of the mixture, where there is none
divergence([0, 1], [1, 0], { kind: 'reverse', jsdBeta: 0.3 });
// @ts-expect-error a share of the mixture, where there is none
distilled({ support: 'full', divergence: 'forward', jsdBeta: 0.3 });
// @ts-expect-error a share of the mixture, where there is none
mixed({ alpha: 1, divergence: 'forward', jsdBeta: 0.3 });
