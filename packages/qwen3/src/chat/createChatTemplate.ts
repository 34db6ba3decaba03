import type { Template } from '@huggingface/jinja';
import { Qwen3Error } from '../base/errors.ts';
import { missingPeer } from '../base/missingPeer.ts';
import { checkBoolean, checkList, checkOptionNames } from '../base/optionChecks.ts';
import { showValue } from '../base/showValue.ts';
import { checkTokenizer } from './checkTokenizer.ts';
import type { Tokenizer } from './createTokenizer.ts';
import { markSpecials } from './markSpecials.ts';
import { readSpecials, type SpecialsOption } from './specials.ts';
import { checkTemplateFaults } from './templateFaults.ts';
import type { TemplateMessage } from './templateMessage.ts';

export interface RenderTemplateOptions {
  /** Descriptions of callable functions. */
  tools?: readonly unknown[] | null | undefined;
  /** Open the assistant's next turn at the end. Default false. */
  addGenerationPrompt?: boolean | undefined;
  /** What else the template asks for, such as `enable_thinking` or `date_string`. */
  variables?: Readonly<Record<string, unknown>> | undefined;
}

export interface EncodeTemplateOptions extends RenderTemplateOptions {
  /** Whether `<|im_end|>` and the like in messages are text or control tokens: see `encodeChat`. */
  specials?: SpecialsOption | undefined;
}

/** A checkpoint's own way to write chats. */
export interface ChatTemplate {
  /** The Jinja text. */
  readonly source: string;
  /** @throws {Qwen3Error} `option` for what the template itself refuses, and for options that cannot be. */
  render(messages: readonly TemplateMessage[], options?: RenderTemplateOptions): string;
  /**
   * Ids of a chat, in which no message of others can end its turn or forge another (transformers'
   * `apply_chat_template(tokenize=True)`, if no such message has special tokens).
   */
  encode(
    messages: readonly TemplateMessage[],
    tokenizer: Tokenizer,
    options?: EncodeTemplateOptions,
  ): number[];
}

const RENDER_OPTIONS: readonly string[] = [
  'tools',
  'addGenerationPrompt',
  'variables',
] satisfies (keyof RenderTemplateOptions)[];

/**
 * A chat template of a checkpoint, run by `@huggingface/jinja`.
 *
 * For Qwen3's own template use `renderChat`; to train on episodes `renderSegments`, since a template may write an earlier
 * turn otherwise once another follows (`findExtensionBreak`).
 *
 * @param source - the Jinja text.
 * @param variables - texts of special tokens that it names: `{ bos_token: '<s>' }`.
 * @throws {Qwen3Error} `missing-peer` without `@huggingface/jinja`, `tokenizer` if it is no template, `unsupported` if it
 * uses something that the library gets wrong (`strip('…')`).
 *
 * @example
 * const template = await createChatTemplate(
 *   "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}",
 * );
 * template.render([{ role: 'user', content: 'Hi' }]); // '<|im_start|>user\nHi<|im_end|>\n'
 */
export async function createChatTemplate(
  source: string,
  variables: Readonly<Record<string, unknown>> = {},
): Promise<ChatTemplate> {
  if (typeof source !== 'string') {
    throw new Qwen3Error(
      'option',
      `createChatTemplate: the template must be a text, got ${showValue(source)}.`,
    );
  }
  const library = await loadLibrary();
  checkTemplateFaults('createChatTemplate', source, library);
  const parsed = parse(source, library);
  const run = (
    caller: string,
    messages: readonly TemplateMessage[],
    options: RenderTemplateOptions,
  ): string => {
    const { tools, addGenerationPrompt = false, variables: more = {} } = options;
    checkList(`${caller}: messages`, messages);
    checkBoolean(`${caller}: addGenerationPrompt`, addGenerationPrompt);
    if (tools !== undefined && tools !== null) checkList(`${caller}: tools`, tools);
    const known = { ...variables, ...more, messages, add_generation_prompt: addGenerationPrompt };
    try {
      return parsed.render(tools && tools.length > 0 ? { ...known, tools } : known);
    } catch (cause) {
      throw new Qwen3Error(
        'option',
        `${caller}: the template refused it: ${(cause as Error).message}`,
        {
          cause,
        },
      );
    }
  };
  return {
    source,
    render(messages, options = {}) {
      checkOptionNames('ChatTemplate.render', options, RENDER_OPTIONS);
      return run('ChatTemplate.render', messages, options);
    },
    encode(messages, tokenizer, options = {}) {
      const caller = 'ChatTemplate.encode';
      checkTokenizer(caller, tokenizer);
      checkOptionNames(caller, options, [...RENDER_OPTIONS, 'specials']);
      checkList(`${caller}: messages`, messages);
      const { specials, ...rest } = options;
      const marked = markSpecials(messages, tokenizer, readSpecials(caller, specials));
      const { text, verbatim } = marked.restore(run(caller, marked.messages, rest));
      return tokenizer.encode(text, verbatim.length > 0 ? { verbatim } : {});
    },
  };
}

async function loadLibrary(): Promise<typeof import('@huggingface/jinja')> {
  try {
    return await import('@huggingface/jinja');
  } catch (error) {
    throw missingPeer(error, '@huggingface/jinja', 'A chat template');
  }
}

function parse(source: string, library: { Template: typeof Template }): Template {
  try {
    return new library.Template(source);
  } catch (cause) {
    throw new Qwen3Error(
      'tokenizer',
      `createChatTemplate: the template cannot be read: ${(cause as Error).message}`,
      { cause },
    );
  }
}
