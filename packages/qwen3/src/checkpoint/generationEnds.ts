import { Qwen3Error } from '../base/errors.ts';
import { readEndIds } from '../model/checkConfig.ts';
import type { Qwen3Config } from '../model/qwen3Config.ts';
import type { ModelFiles } from './modelFiles.ts';

const GENERATION_FILE = 'generation_config.json';

/**
 * The config with every end a text may have: those of `config.json` and those of the `generation_config.json` beside
 * it, where transformers and its trainers write the complete list (Qwen3: `<|im_end|>` and `<|endoftext|>`).
 *
 * Its sampling settings (temperature, top_k, …) are not read: what `generate` does stands in its call.
 *
 * @throws {Qwen3Error} `config` if an id is none, naming the file.
 */
export async function withGenerationEnds(
  config: Qwen3Config,
  files: ModelFiles,
): Promise<Qwen3Config> {
  if (!(await files.has(GENERATION_FILE))) return config;
  const fail = (what: string): never => {
    throw new Qwen3Error('config', `loadModel: ${files.at(GENERATION_FILE)}: ${what}`);
  };
  const { eos_token_id: ends } = await files.json(GENERATION_FILE);
  const more = readEndIds(ends, 'eos_token_id', fail);
  const ids = [...new Set([config.eosTokenId ?? [], more].flat())];
  const [first = null] = ids;
  return { ...config, eosTokenId: ids.length > 1 ? ids : first };
}
