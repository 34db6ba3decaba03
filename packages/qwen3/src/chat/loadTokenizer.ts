import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { readJson } from '../checkpoint/readJson.ts';
import { Qwen3Error } from '../errors.ts';
import { createTokenizer, type Tokenizer } from './createTokenizer.ts';

/**
 * Loads a folder's `tokenizer.json` (and `tokenizer_config.json`, where there is one).
 *
 * @throws {Qwen3Error} `io` if the file is missing, `tokenizer` if it is not a tokenizer.
 *
 * @example
 * import { writeFile } from 'node:fs/promises';
 * // A tokenizer.json of two letters; a model's own has the same fields.
 * await writeFile('tokenizer.json', JSON.stringify({
 *   added_tokens: [{ id: 2, content: '<|im_end|>', special: true }],
 *   normalizer: null, pre_tokenizer: null, post_processor: null, decoder: { type: 'Fuse' },
 *   model: { type: 'BPE', vocab: { a: 0, b: 1 }, merges: [] },
 * }));
 * const tokenizer = await loadTokenizer('.');
 * tokenizer.encode('ab<|im_end|>'); // [0, 1, 2]
 */
export async function loadTokenizer(folder: string): Promise<Tokenizer> {
  const path = join(folder, 'tokenizer.json');
  const json = await readJson('loadTokenizer', path);
  const configPath = join(folder, 'tokenizer_config.json');
  const hasConfig = await access(configPath).then(
    () => true,
    () => false,
  );
  const config = hasConfig ? await readJson('loadTokenizer', configPath) : {};
  try {
    return createTokenizer(json, config);
  } catch (cause) {
    const { message } = cause as Error; // createTokenizer throws Errors
    throw new Qwen3Error(
      'tokenizer',
      `loadTokenizer: ${path} is not a tokenizer this version can read: ${message}`,
      { cause },
    );
  }
}
