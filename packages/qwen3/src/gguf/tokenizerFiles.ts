import { filePath, isWebAddress } from '../checkpoint/filePath.ts';
import { modelFiles } from '../checkpoint/modelFiles.ts';
import { requireFiles } from '../checkpoint/requireFiles.ts';
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

/** Reads a tokenizer's files from a folder of this machine or of the web, or from the metadata of a GGUF file of this machine. */
export async function tokenizerFiles(caller: string, from: string): Promise<FoundTokenizer> {
  if (isGguf(from)) {
    const file = await openGguf(filePath(caller, from));
    try {
      return { ...ggufTokenizer(caller, file), source: from };
    } finally {
      await file.close();
    }
  }
  if (!isWebAddress(from)) {
    await requireFiles(caller, from, { kind: 'tokenizer', files: ['tokenizer.json'] });
  }
  const files = await modelFiles(caller, from);
  const hasConfig = await files.has('tokenizer_config.json');
  return {
    source: files.at('tokenizer.json'),
    json: await files.json('tokenizer.json'),
    config: hasConfig ? await files.json('tokenizer_config.json') : {},
  };
}
