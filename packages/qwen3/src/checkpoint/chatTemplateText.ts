import { Qwen3Error } from '../base/errors.ts';
import { showValue } from '../base/showValue.ts';
import { modelFiles } from './modelFiles.ts';

/** Where a chat template is looked for. */
export interface ChatTemplatePlace {
  /** A path, or an address of the web. */
  folder: string;
  /** Content of its `tokenizer_config.json`. */
  config: Record<string, unknown>;
}

/**
 * The chat template of a folder as text: `chat_template.jinja`, or `chat_template` of `tokenizer_config.json`, of several the
 * one called `default`. Undefined where there is none.
 *
 * @throws {Qwen3Error} `io`; `tokenizer` for a list without a `default`.
 */
export async function chatTemplateText(
  caller: string,
  { folder, config }: ChatTemplatePlace,
): Promise<string | undefined> {
  const files = await modelFiles(caller, folder);
  return (await files.text('chat_template.jinja')) ?? defaultTemplate(caller, config.chat_template);
}

/** A text, or a list of `{ name, template }`. */
export function defaultTemplate(caller: string, value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string') return value;
  const list = (Array.isArray(value) ? value : []) as { name?: unknown; template?: unknown }[];
  const found = list.find((one) => one?.name === 'default')?.template;
  if (typeof found === 'string') return found;
  throw new Qwen3Error(
    'tokenizer',
    `${caller}: chat_template must be a text or a list with one called "default", got ${showValue(value)}.`,
  );
}
