import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Qwen3Error } from '../base/errors.ts';
import { showValue } from '../base/showValue.ts';
import { fileError } from '../checkpoint/fileError.ts';
import { filePath } from '../checkpoint/filePath.ts';
import { readJson } from '../checkpoint/readJson.ts';
import { exists } from '../checkpoint/requireFiles.ts';
import { isGguf, tokenizerFiles } from '../gguf/tokenizerFiles.ts';
import { type ChatTemplate, createChatTemplate } from './createChatTemplate.ts';

/**
 * The chat template of a folder (`chat_template.jinja`, or `chat_template` in `tokenizer_config.json`) or of a GGUF file, with
 * the special tokens it may name. Of several templates the one called `default` counts.
 *
 * @param source - text or a `file:` URL.
 * @throws {Qwen3Error} `tokenizer` if there is none, `io` if a file cannot be read; as `createChatTemplate`.
 */
export async function loadChatTemplate(source: string | URL): Promise<ChatTemplate> {
  const from = filePath('loadChatTemplate', source);
  const config = await configOf(from);
  const path = join(from, 'chat_template.jinja');
  const isOwnFile = !isGguf(from) && (await exists(path));
  const text = isOwnFile ? await readText(path) : defaultTemplate(config.chat_template);
  if (text !== undefined) return createChatTemplate(text, specialTokens(config));
  throw new Qwen3Error(
    'tokenizer',
    `loadChatTemplate: ${from} has no chat template. It may be a base model: write turns with renderSegments.`,
  );
}

async function configOf(from: string): Promise<Record<string, unknown>> {
  if (isGguf(from)) return (await tokenizerFiles('loadChatTemplate', from)).config;
  const path = join(from, 'tokenizer_config.json');
  return (await exists(path)) ? readJson('loadChatTemplate', path) : {};
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw fileError('loadChatTemplate', path, cause);
  }
}

/** A text, or a list of `{ name, template }`. */
function defaultTemplate(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string') return value;
  const list = (Array.isArray(value) ? value : []) as { name?: unknown; template?: unknown }[];
  const found = list.find((one) => one?.name === 'default')?.template;
  if (typeof found === 'string') return found;
  throw new Qwen3Error(
    'tokenizer',
    `loadChatTemplate: chat_template must be a text or a list with one called "default", got ${showValue(value)}.`,
  );
}

/** `bos_token` and the like; older files wrap the text in an object. */
function specialTokens(config: Record<string, unknown>): Record<string, string> {
  const tokens: Record<string, string> = {};
  for (const [key, value] of Object.entries(config)) {
    if (!key.endsWith('_token')) continue;
    const text =
      typeof value === 'object' ? (value as { content?: unknown } | null)?.content : value;
    if (typeof text === 'string') tokens[key] = text;
  }
  return tokens;
}
