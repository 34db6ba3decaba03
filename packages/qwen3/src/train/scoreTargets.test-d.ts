import type { LanguageModel } from '../model/languageModel.ts';
import type { ScoreTargetsOptions } from './scoredTargets.ts';

declare const ref: LanguageModel;
declare const wanted: boolean;
const asked = (options: ScoreTargetsOptions): ScoreTargetsOptions => options;

asked({ ref, kl: 'reverse' });
asked({ ref, kl: 'jsd', jsdBeta: 0.3 });
asked({ temperature: 1, ...(wanted ? { ref } : {}), ...(wanted ? { entropy: true } : {}) });

// @ts-expect-error a share of the mixture, where there is none
asked({ ref, kl: 'reverse', jsdBeta: 0.3 });
// @ts-expect-error a KL to nothing
asked({ kl: 'forward' });
