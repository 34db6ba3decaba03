import { PRESETS, type PresetName } from '../trainer/method/live/presets.ts';
import type { TeachMethod } from '../trainer/method/teach.ts';

/**
 * What is run for one method. A first stage on episodes or on live feedback may be followed by GRPO; each ends in an arm
 * of the report, the second under the first's name with `+grpo`.
 */
export type Plan =
  | { id: 'base'; kind: 'base' }
  | { id: TeachMethod; kind: 'episodes' }
  | { id: PresetName; kind: 'live'; thenGrpo: boolean };

/** First stages before GRPO; the others learn from start to end. */
const FIRST_STAGES: readonly PresetName[] = ['feedback-distillation'];

/** They need an environment that marks what is wrong in an attempt, and the domains say it in words only: there they are GRPO. */
const BY_SPANS: readonly PresetName[] = ['rlsf'];

const live = (Object.keys(PRESETS) as PresetName[]) // keys of a literal
  .filter((id) => !BY_SPANS.includes(id))
  .map((id): Plan => ({ id, kind: 'live', thenGrpo: FIRST_STAGES.includes(id) }));

/** Every method, in the order it runs. */
export const PLANS: readonly Plan[] = [
  { id: 'base', kind: 'base' },
  { id: 'mol', kind: 'episodes' },
  { id: 'ce', kind: 'episodes' },
  { id: 'replay', kind: 'episodes' },
  ...live,
];
