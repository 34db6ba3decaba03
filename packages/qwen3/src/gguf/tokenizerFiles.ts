import { join } from '#platform';
import { readJson } from '../checkpoint/readJson.ts';
import { exists, requireFiles } from '../checkpoint/requireFiles.ts';
import { ggufTokenizer, type TokenizerFiles } from './ggufTokenizer.ts';
import { openGguf } from './openGguf.ts';

/** Content of `tokenizer.json` and `tokenizer_config.json`, and the file that an error should name. */
export interface FoundTokenizer extends TokenizerFiles {
  source: string;
}

/** A model file of llama.cpp, by its name. */
export function isGguf(path: string | URL): boolean {
  return /\.gguf$/i.test(String(path));
}

/** Reads a tokenizer's files from a folder, or from the metadata of a GGUF file. */
export async function tokenizerFiles(caller: string, from: string): Promise<FoundTokenizer> {
  if (isGguf(from)) {
    const file = await openGguf(from);
    try {
      return { ...ggufTokenizer(caller, file), source: from };
    } finally {
      await file.close();
    }
  }
  await requireFiles(caller, from, { kind: 'tokenizer', files: ['tokenizer.json'] });
  const source = join(from, 'tokenizer.json');
  const configPath = join(from, 'tokenizer_config.json');
  const hasConfig = await exists(configPath);
  return {
    source,
    json: await readJson(caller, source),
    config: hasConfig ? await readJson(caller, configPath) : {},
  };
}
