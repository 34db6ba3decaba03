import { showValue } from '../base/showValue.ts';
import type { GenerateOptions } from './generateOptions.ts';

type Filters = Pick<GenerateOptions, 'topK' | 'topP' | 'minP' | 'repetitionPenalty'>;

/** Says so where the distribution that is drawn from is not the one that `logprobs` describe. */
export function warnOfFilters(
  { topK, topP, minP, repetitionPenalty }: Filters,
  onWarning: ((message: string) => void) | null = warn,
): void {
  const active = Object.entries({
    topK: topK || undefined,
    topP: topP === 1 ? undefined : topP,
    minP: minP || undefined,
    repetitionPenalty: repetitionPenalty === 1 ? undefined : repetitionPenalty,
  }).filter(([, value]) => value !== undefined && value !== null);
  if (active.length === 0 || onWarning === null) return;
  onWarning(
    `qwen3Policy: ${active.map(([name, value]) => `${name} ${showValue(value)}`).join(', ')}: answers are drawn from another distribution than tokens.logprobs describe. ` +
      'Training on them without a correction is biased: give tokens.samplingLogprobs to rolloutCorrection and logprobMismatch as rolloutLogprobs.',
  );
}

function warn(message: string): void {
  // biome-ignore lint/suspicious/noConsole: a biased gradient must be seen; onWarning redirects it
  console.warn(message);
}
