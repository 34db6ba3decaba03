import { Qwen3Error } from '../base/errors.ts';
import { checkBoolean, checkOptionNames } from '../base/optionChecks.ts';
import { showValue } from '../base/showValue.ts';
import { type ChatMessage, readChatMessages } from './chatMessage.ts';
import { type ChatText, chatTemplate } from './chatTemplate.ts';
import { pythonJson } from './pythonJson.ts';

export interface RenderChatOptions {
  /** JSON-schema descriptions of callable functions. */
  tools?: readonly unknown[] | null | undefined;
  /** Open the assistant's next turn at the end. Default false. */
  addGenerationPrompt?: boolean | undefined;
  /** False opens it with an empty thought, which switches thinking off. Default true. */
  enableThinking?: boolean | undefined;
  /**
   * The prompt ends inside a thought, `<think>\n`, as the template of Qwen3-…-Thinking-2507 has it: the answer has no
   * `<think>` of its own, and `enableThinking` no effect. `opensThought` reads it off a folder. Default false.
   */
  openThought?: boolean | undefined;
}

/**
 * Qwen3's chat template: messages to text, thoughts of earlier turns removed.
 *
 * A rendering is therefore **not** a prefix of the next turn's: to train on episodes use `renderSegments`. And the text
 * does not tell the template's `<|im_end|>` from one in a message: for ids use `encodeChat`, which does.
 *
 * @throws {Qwen3Error} `option` that names the message, for a role, content or call that the template cannot write.
 *
 * @example
 * renderChat([{ role: 'user', content: 'Hi' }], { addGenerationPrompt: true });
 * // '<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n'
 *
 * @see https://qwen.readthedocs.io/en/latest/getting_started/concepts.html#chat-template
 */
export function renderChat(
  messages: readonly ChatMessage[],
  options: RenderChatOptions = {},
): string {
  checkOptionNames('renderChat', options, RENDER_CHAT_OPTIONS);
  return chatText('renderChat', messages, options).text;
}

export const RENDER_CHAT_OPTIONS: readonly string[] = [
  'tools',
  'addGenerationPrompt',
  'enableThinking',
  'openThought',
];

/** Checks messages and options and writes them down. */
export function chatText(
  caller: string,
  messages: readonly ChatMessage[],
  options: RenderChatOptions,
): ChatText {
  const {
    tools,
    addGenerationPrompt = false,
    enableThinking = true,
    openThought = false,
  } = options;
  checkBoolean(`${caller}: addGenerationPrompt`, addGenerationPrompt);
  checkBoolean(`${caller}: enableThinking`, enableThinking);
  checkBoolean(`${caller}: openThought`, openThought);
  if (tools !== undefined && tools !== null && !Array.isArray(tools)) {
    throw new Qwen3Error(
      'option',
      `${caller}: tools must be a list of descriptions, got ${showValue(tools)}.`,
    );
  }
  return chatTemplate(readChatMessages(caller, messages), {
    tools: (tools ?? []).map((tool, i) => pythonJson(`${caller}: tools[${i}]`, tool)),
    addGenerationPrompt,
    enableThinking,
    openThought,
  });
}
