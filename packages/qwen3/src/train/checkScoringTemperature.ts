import { Qwen3Error } from '../base/errors.ts';
import { showValue } from '../base/showValue.ts';
import { LEAST_TEMPERATURE } from '../generate/resolveGenerateOptions.ts';

/** @throws {Qwen3Error} `option` unless logits can be divided by it: samples at 0 are scored at 1, below 1e-6 they overflow. */
export function checkScoringTemperature(caller: string, temperature: unknown): void {
  if (Number.isFinite(temperature) && (temperature as number) >= LEAST_TEMPERATURE) return;
  throw new Qwen3Error(
    'option',
    `${caller}: temperature must be ${LEAST_TEMPERATURE} or more, got ${showValue(temperature)}. Greedy samples record log-probs of temperature 1.`,
  );
}
