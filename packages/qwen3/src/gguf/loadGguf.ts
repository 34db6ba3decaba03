import type { Variable } from '@tensorflow/tfjs-core';
import { parseConfig } from '../checkpoint/parseConfig.ts';
import { Qwen3 } from '../model/qwen3.ts';
import { toVariable } from '../model/toVariable.ts';
import { ggufArchitecture, ggufConfig } from './ggufConfig.ts';
import { ROPE_FACTORS } from './ggufNames.ts';
import { ggufWeights } from './ggufWeights.ts';
import { openGguf } from './openGguf.ts';

/**
 * Loads a model from a GGUF file of llama.cpp: F32, F16, BF16, Q8_0, Q4_0, Q4_1, Q5_0, Q5_1, Q4_K, Q5_K, Q6_K, computed
 * in f32. Its tokenizer is read by `loadTokenizer(file)`.
 *
 * @param path - text or a `file:` URL.
 * @throws {Qwen3Error} `checkpoint` if the file is damaged or contradicts itself, `unsupported` for other
 * architectures and types, `io` if it cannot be read, `missing-peer` without `@huggingface/gguf`.
 */
export async function loadGguf(path: string | URL): Promise<Qwen3> {
  const file = await openGguf(path);
  const parameters: Record<string, Variable> = {};
  try {
    const architecture = ggufArchitecture('loadGguf', file);
    const factors = file.entries.has(ROPE_FACTORS) ? await file.read(ROPE_FACTORS) : undefined;
    const config = parseConfig(ggufConfig('loadGguf', file, factors), file.path);
    for (const { name, shape, read } of ggufWeights(file, config, architecture)) {
      parameters[name] = toVariable(await read(), shape);
    }
    return new Qwen3(config, { parameters, folder: file.path });
  } catch (error) {
    for (const loaded of Object.values(parameters)) loaded.dispose();
    throw error;
  } finally {
    await file.close();
  }
}
