import type { LmHeadOptions } from './lmHead.ts';

const asked = (options: LmHeadOptions): LmHeadOptions => options;

asked({ direction: 'jsd', jsdBeta: 0.3 });
asked({ direction: 'forward' });

// @ts-expect-error a share of the mixture, where there is none
asked({ direction: 'forward', jsdBeta: 0.3 });
