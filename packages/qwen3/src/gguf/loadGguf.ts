import type { MappedTensor } from '@molrl/tensor-gpu';
import type { Variable } from '@tensorflow/tfjs-core';
import { checkBoolean, checkOptionNames } from '../base/optionChecks.ts';
import { parseConfig } from '../checkpoint/parseConfig.ts';
import { Qwen3 } from '../model/qwen3.ts';
import { toVariable } from '../model/toVariable.ts';
import { frozenGguf } from './frozenGguf.ts';
import { ggufArchitecture, ggufConfig } from './ggufConfig.ts';
import { ROPE_FACTORS } from './ggufNames.ts';
import { ggufWeights } from './ggufWeights.ts';
import { openGguf } from './openGguf.ts';

export interface LoadGgufOptions {
  /**
   * Matrices of F32, BF16, F16, Q8_0, Q4_0 and Q4_1 stay as the file has them, mapped into memory and outside the heap (those
   * whose rows must be moved are copied as they are stored): see `loadModel`. Others are widened to f32. Default false.
   */
  frozen?: boolean | undefined;
}

/**
 * Loads a model from a GGUF file of llama.cpp: F32, F16, BF16, Q8_0, Q4_0, Q4_1, Q5_0, Q5_1, Q4_K, Q5_K, Q6_K, computed
 * in f32. Its tokenizer is read by `loadTokenizer(file)`.
 *
 * @param path - text or a `file:` URL.
 * @throws {Qwen3Error} `checkpoint` if the file is damaged or contradicts itself, `unsupported` for other
 * architectures and types, `io` if it cannot be read, `missing-peer` without `@huggingface/gguf`.
 */
export async function loadGguf(path: string | URL, options: LoadGgufOptions = {}): Promise<Qwen3> {
  checkOptionNames('loadGguf', options, ['frozen']);
  const { frozen: isFrozen = false } = options;
  checkBoolean('loadGguf: frozen', isFrozen);
  const file = await openGguf(path);
  const parameters: Record<string, Variable> = {};
  const frozen: Record<string, MappedTensor> = {};
  try {
    const architecture = ggufArchitecture('loadGguf', file);
    const factors = file.entries.has(ROPE_FACTORS) ? await file.read(ROPE_FACTORS) : undefined;
    const config = parseConfig(ggufConfig('loadGguf', file, factors), file.path);
    for (const weight of ggufWeights(file, config, architecture)) {
      const { name, shape, read } = weight;
      if (isFrozen && shape.length === 2) frozen[name] = await frozenGguf(file, weight);
      else parameters[name] = toVariable(await read(), shape);
    }
    return new Qwen3(config, { parameters, frozen, folder: file.path });
  } catch (error) {
    for (const loaded of [...Object.values(parameters), ...Object.values(frozen)]) loaded.dispose();
    throw error;
  } finally {
    await file.close();
  }
}
