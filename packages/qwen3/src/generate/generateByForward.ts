import type { Qwen3 } from '../model/qwen3.ts';
import type { Completion } from './completion.ts';
import type { GenerateOptions } from './generateOptions.ts';
import { resolveGenerateOptions } from './resolveGenerateOptions.ts';
import { runGeneration } from './runGeneration.ts';

/**
 * Generation with nothing but the forward pass, on any back end: slow, and the judge of {@link generate}, whose
 * arguments, result and errors it has.
 */
export async function generateByForward(
  model: Qwen3,
  prompts: readonly ArrayLike<number>[],
  options: GenerateOptions,
): Promise<Completion[]> {
  const resolved = resolveGenerateOptions('generateByForward', { model, prompts }, options);
  return runGeneration({ model, prompts, options: resolved, isForwardOnly: true });
}
