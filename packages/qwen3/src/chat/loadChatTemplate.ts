import { Qwen3Error } from '../base/errors.ts';
import { chatTemplateText, defaultTemplate } from '../checkpoint/chatTemplateText.ts';
import { pathOrAddress } from '../checkpoint/filePath.ts';
import { modelFiles } from '../checkpoint/modelFiles.ts';
import { isGguf, tokenizerFiles } from '../gguf/tokenizerFiles.ts';
import { type ChatTemplate, createChatTemplate } from './createChatTemplate.ts';

const CALLER = 'loadChatTemplate';

/**
 * The chat template of a folder (`chat_template.jinja`, or `chat_template` in `tokenizer_config.json`) or of a GGUF file, with
 * the special tokens it may name. Of several templates the one called `default` counts.
 *
 * @param source - text or a `file:` URL, or the `http(s):` address of a folder.
 * @throws {Qwen3Error} `tokenizer` if there is none, `io` if a file cannot be read; as `createChatTemplate`.
 */
export async function loadChatTemplate(source: string | URL): Promise<ChatTemplate> {
  const from = pathOrAddress(CALLER, source);
  const { text, config } = await templateOf(CALLER, from);
  if (text !== undefined) return createChatTemplate(text, specialTokens(config));
  throw new Qwen3Error(
    'tokenizer',
    `${CALLER}: ${from} has no chat template. It may be a base model: write turns with renderSegments.`,
  );
}

/** The text of a template, and the config with the tokens it may name. */
export async function templateOf(
  caller: string,
  from: string,
): Promise<{ text: string | undefined; config: Record<string, unknown> }> {
  if (isGguf(from)) {
    const { config } = await tokenizerFiles(caller, from);
    return { text: defaultTemplate(caller, config.chat_template), config };
  }
  const files = await modelFiles(caller, from);
  const name = 'tokenizer_config.json';
  const config = (await files.has(name)) ? await files.json(name) : {};
  return { text: await chatTemplateText(caller, { folder: from, config }), config };
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
