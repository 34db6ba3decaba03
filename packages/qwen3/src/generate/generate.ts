import type { Qwen3 } from '../model/qwen3.ts';
import type { Completion } from './completion.ts';
import type { GenerateOptions } from './generateOptions.ts';
import { resolveGenerateOptions } from './resolveGenerateOptions.ts';
import { runGeneration } from './runGeneration.ts';

/**
 * Samples completions. On the `molrl` back end a recorded decode program with a key/value cache does it; on any
 * other, and for models with what its decoder lacks, such as experts on the CPU (a warning says so), the plain forward pass, token
 * by token: slow, and the judge of the program.
 *
 * Calls of one model that overlap share its steps: a completion joins as soon as a place is free. What it is depends on
 * its prompt, its seed and its options only.
 *
 * @param prompts - token ids, one list per prompt, of any lengths (nothing is padded by the caller).
 * @returns `[P * G]`, prompt-major.
 * @throws {Qwen3Error} `option` for an empty prompt, one longer than the model's context (`maxPositionEmbeddings`), an id outside the vocabulary, a missing seed and any option that
 * cannot be; `config` if the model's own end tokens are not in its vocabulary; `not-finite` for logits that are NaN.
 * The signal's reason if it is aborted. A device that runs out of memory throws its own TensorGpuError.
 *
 * @example
 * const model = createQwen3(TINY_CONFIG, { seed: 1 });
 * const [first] = await generate(model, [[1, 5, 9]], { maxTokens: 16, temperature: 0 });
 */
export async function generate(
  model: Qwen3,
  prompts: readonly ArrayLike<number>[],
  options: GenerateOptions,
): Promise<Completion[]> {
  const resolved = resolveGenerateOptions('generate', { model, prompts }, options);
  return runGeneration({ model, prompts, options: resolved });
}
