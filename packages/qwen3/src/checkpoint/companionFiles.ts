import { join, readFile, realpath } from '#platform';
import { isGguf, tokenizerFiles } from '../gguf/tokenizerFiles.ts';
import { fileError } from './fileError.ts';
import { exists } from './requireFiles.ts';
import { writeFileAtomically } from './writeFileAtomically.ts';

/** What belongs to a model besides config and weights, as transformers names it. */
const COMPANIONS = [
  'generation_config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'chat_template.jinja',
  'chat_template.json',
  'special_tokens_map.json',
  'added_tokens.json',
  'vocab.json',
  'merges.txt',
] as const;

/** Without these, transformers makes up a tokenizer of one token and says nothing. */
const NEEDED = ['tokenizer.json', 'tokenizer_config.json'] as const;

/**
 * Copies the files of the tokenizer and the generation config into a folder, replacing what is there. A GGUF file holds
 * the tokenizer's in its metadata.
 *
 * @returns names of the copied files. None if both folders are the same.
 */
export async function copyCompanions(from: string, to: string): Promise<string[]> {
  const copied: string[] = [];
  if (isGguf(from)) return writeTokenizer(from, to);
  try {
    if ((await realpath(from)) === (await realpath(to))) return copied;
    for (const name of COMPANIONS) {
      if (!(await exists(join(from, name)))) continue;
      await writeFileAtomically(join(to, name), [await readFile(join(from, name))]);
      copied.push(name);
    }
  } catch (cause) {
    throw fileError('saveModel: config and weights are saved, the tokenizer is not', from, cause);
  }
  return copied;
}

async function writeTokenizer(from: string, to: string): Promise<string[]> {
  const { json, config } = await tokenizerFiles('saveModel', from);
  await writeFileAtomically(join(to, 'tokenizer.json'), [JSON.stringify(json)]);
  await writeFileAtomically(join(to, 'tokenizer_config.json'), [JSON.stringify(config, null, 2)]);
  return ['tokenizer.json', 'tokenizer_config.json'];
}

/** Names of the files that a folder still needs before transformers can use it with text. */
export async function missingCompanions(folder: string): Promise<string[]> {
  const missing: string[] = [];
  for (const name of NEEDED) if (!(await exists(join(folder, name)))) missing.push(name);
  return missing;
}
