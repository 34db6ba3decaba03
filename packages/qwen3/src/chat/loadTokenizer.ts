import { join } from 'node:path';
import { Qwen3Error } from '../base/errors.ts';
import { filePath } from '../checkpoint/filePath.ts';
import { readJson } from '../checkpoint/readJson.ts';
import { exists, requireFiles } from '../checkpoint/requireFiles.ts';
import { createTokenizer, type Tokenizer } from './createTokenizer.ts';

/**
 * Loads a folder's `tokenizer.json` (and `tokenizer_config.json`, where there is one).
 *
 * @param folder - text or a `file:` URL.
 * @throws {Qwen3Error} `io` if the file is missing, `unsupported` for a folder with an older form (`vocab.json`),
 * `tokenizer` if it is not a tokenizer, `config` if a file is not JSON.
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
export async function loadTokenizer(folder: string | URL): Promise<Tokenizer> {
  const from = filePath('loadTokenizer', folder);
  await requireFiles('loadTokenizer', 'tokenizer', from, ['tokenizer.json']);
  const path = join(from, 'tokenizer.json');
  const json = await readJson('loadTokenizer', path);
  const configPath = join(from, 'tokenizer_config.json');
  const hasConfig = await exists(configPath);
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
