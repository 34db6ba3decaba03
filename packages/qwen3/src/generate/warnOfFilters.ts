import { showValue } from '../base/showValue.ts';
import { warn } from '../base/warn.ts';
import type { DrawOptions } from './generateOptions.ts';

type Filters = Pick<
  DrawOptions,
  | 'topK'
  | 'topP'
  | 'minP'
  | 'repetitionPenalty'
  | 'presencePenalty'
  | 'frequencyPenalty'
  | 'logitBias'
  | 'allowedTokenIds'
>;

/** Says so where the distribution that is drawn from is not the one that `logprobs` describe. */
export function warnOfFilters(
  filters: Filters,
  onWarning: ((message: string) => void) | null = warn,
): void {
  const active = Object.entries(filters).filter(([name, value]) => isActive(name, value));
  if (active.length === 0 || onWarning === null) return;
  onWarning(
    `qwen3Policy: ${active.map(([name, value]) => `${name} ${showValue(value)}`).join(', ')}: answers are drawn from another distribution than tokens.logprobs describe. ` +
      'Training on them without a correction is biased: give tokens.behaviorLogprobs to rolloutCorrection and logprobMismatch as rolloutLogprobs, ' +
      'or ask for returnSamplingMask and train on the distribution that was drawn from.',
  );
}

/** The values that leave the distribution as it is. */
const OFF: Record<string, unknown> = { topP: 1, repetitionPenalty: 1 };

function isActive(name: string, value: unknown): boolean {
  return value !== undefined && value !== null && value !== (OFF[name] ?? 0);
}
