import { Qwen3Error } from '../base/errors.ts';
import { pathOrAddress } from '../checkpoint/filePath.ts';
import { tokenizerFiles } from '../gguf/tokenizerFiles.ts';
import { createTokenizer, type Tokenizer } from './createTokenizer.ts';

/**
 * Loads a folder's `tokenizer.json` (and `tokenizer_config.json`, where there is one), or the tokenizer of a GGUF file.
 *
 * @param folder - text or a `file:` URL, or the `http(s):` address of a folder.
 * @throws {Qwen3Error} `io` if the file is missing, `unsupported` for a folder with an older form (`vocab.json`) and
 * for the kinds of tokenizer in a GGUF file that are not byte-level BPE, `tokenizer` if it is not a tokenizer,
 * `config` if a file is not JSON.
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
  const from = pathOrAddress('loadTokenizer', folder);
  const { json, config, source } = await tokenizerFiles('loadTokenizer', from);
  try {
    return createTokenizer(json, config);
  } catch (cause) {
    const { message } = cause as Error; // createTokenizer throws Errors
    throw new Qwen3Error(
      'tokenizer',
      `loadTokenizer: ${source} is not a tokenizer this version can read: ${message}`,
      { cause },
    );
  }
}
