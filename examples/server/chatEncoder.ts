import {
  type ChatMessage,
  encodeChat,
  loadChatTemplate,
  opensThought,
  type Qwen3,
  type Tokenizer,
} from '@molrl/qwen3';

export interface ChatPrompt {
  messages: readonly ChatMessage[];
  tools?: readonly unknown[];
  enableThinking: boolean;
}

/** A chat as token ids, up to where the assistant answers. */
export type ChatEncoder = (prompt: ChatPrompt) => number[];

/** Qwen3's template is our own code; other families bring theirs. */
export async function chatEncoder(
  source: string,
  { config }: Qwen3,
  tokenizer: Tokenizer,
): Promise<ChatEncoder> {
  const { modelType = 'qwen3' } = config;
  if (modelType.startsWith('qwen3')) return qwen3Encoder(tokenizer, await opensThought(source));
  const template = await loadChatTemplate(source);
  return ({ messages, tools, enableThinking }) =>
    template.encode(
      messages.map((message) => ({ ...message })),
      tokenizer,
      {
        tools,
        addGenerationPrompt: true,
        variables: { enable_thinking: enableThinking },
      },
    );
}

export function qwen3Encoder(tokenizer: Tokenizer, openThought = false): ChatEncoder {
  return ({ messages, ...rest }) =>
    encodeChat(messages, tokenizer, { ...rest, addGenerationPrompt: true, openThought });
}

/** What every answer begins with and the prompt has already: a reader finds whole thoughts only with it. */
export const answerOpening = async (source: string): Promise<string> =>
  (await opensThought(source)) ? '<think>\n' : '';
