import type { TextRange } from './addedTokens.ts';
import type { ReadMessage } from './chatMessage.ts';

/** A chat as text, and which of it the template did not write. */
export interface ChatText {
  text: string;
  /** Contents, thoughts and calls of messages, by the role that said them; descriptions of tools are the system's. */
  quotes: { range: TextRange; role: ReadMessage['role'] }[];
}

export interface ChatTemplateOptions {
  /** Descriptions of tools, as JSON. */
  tools: readonly string[];
  addGenerationPrompt: boolean;
  enableThinking: boolean;
  openThought: boolean;
}

/** What the answer of a model that always thinks begins with, in the prompt. */
export const THOUGHT_OPENING = '<think>\n';

/** Qwen3's chat template on messages that have been checked. */
export function chatTemplate(
  messages: readonly ReadMessage[],
  { tools, addGenerationPrompt, enableThinking, openThought }: ChatTemplateOptions,
): ChatText {
  const page = new Page();
  const query = lastQuery(messages);
  writeOpening(page, messages[0], tools);
  for (const [index, message] of messages.entries()) {
    const { role, content } = message;
    if (role === 'assistant') {
      writeAssistant(page, message, {
        isAfterQuery: index > query,
        isLast: index === messages.length - 1,
      });
    } else if (role === 'tool') {
      writeTool(page, message, { previous: messages[index - 1], next: messages[index + 1] });
    } else if (role === 'user' || index > 0) {
      page.write(`<|im_start|>${role}\n`).quote(content, role).write('<|im_end|>\n');
    }
  }
  if (addGenerationPrompt) page.write('<|im_start|>assistant\n');
  if (addGenerationPrompt && openThought) page.write(THOUGHT_OPENING);
  else if (addGenerationPrompt && !enableThinking) page.write('<think>\n\n</think>\n\n');
  return page;
}

class Page implements ChatText {
  text = '';
  readonly quotes: ChatText['quotes'] = [];

  write(text: string): this {
    this.text += text;
    return this;
  }

  quote(text: string, role: ReadMessage['role']): this {
    this.quotes.push({ range: [this.text.length, this.text.length + text.length], role });
    return this.write(text);
  }
}

/** The system turn: the caller's system message and, where there are tools, how to call them. */
function writeOpening(page: Page, first: ReadMessage | undefined, tools: readonly string[]): void {
  const system = first?.role === 'system' ? first.content : undefined;
  if (tools.length === 0) {
    if (system === undefined) return;
    page.write('<|im_start|>system\n').quote(system, 'system').write('<|im_end|>\n');
    return;
  }
  page.write('<|im_start|>system\n');
  if (system !== undefined) page.quote(system, 'system').write('\n\n');
  page.write(
    '# Tools\n\nYou may call one or more functions to assist with the user query.\n\n' +
      'You are provided with function signatures within <tools></tools> XML tags:\n<tools>',
  );
  for (const tool of tools) page.write('\n').quote(tool, 'system');
  page.write(
    '\n</tools>\n\n' +
      'For each function call, return a json object with function name and arguments within <tool_call></tool_call> XML tags:\n' +
      '<tool_call>\n{"name": <function-name>, "arguments": <args-json-object>}\n</tool_call><|im_end|>\n',
  );
}

/** Index of the last message of the person (not a tool's answer in a user turn): thoughts after it are kept. */
function lastQuery(messages: readonly ReadMessage[]): number {
  for (let index = messages.length - 1; index >= 0; index--) {
    const { role, content } = messages[index]!;
    const isToolAnswer =
      content.startsWith('<tool_response>') && content.endsWith('</tool_response>');
    if (role === 'user' && !isToolAnswer) return index;
  }
  return messages.length - 1;
}

function writeAssistant(
  page: Page,
  message: ReadMessage,
  { isAfterQuery, isLast }: { isAfterQuery: boolean; isLast: boolean },
): void {
  const { content, thought } = splitThought(message);
  page.write('<|im_start|>assistant\n');
  if (isAfterQuery && (isLast || thought !== '')) {
    page.write('<think>\n').quote(trimNewlines(thought), 'assistant').write('\n</think>\n\n');
    page.quote(content.replace(/^\n+/, ''), 'assistant');
  } else {
    page.quote(content, 'assistant');
  }
  for (const [index, { name, args }] of message.calls.entries()) {
    page.write(index > 0 || content !== '' ? '\n' : '').write('<tool_call>\n{"name": "');
    page.quote(name, 'assistant').write('", "arguments": ').quote(args, 'assistant');
    page.write('}\n</tool_call>');
  }
  page.write('<|im_end|>\n');
}

/** The thought is given apart, or lies before the last `</think>`: then it begins after the last `<think>`. */
function splitThought({ content, thought }: ReadMessage): { content: string; thought: string } {
  if (thought !== undefined) return { content, thought };
  const parts = content.split('</think>');
  if (parts.length === 1) return { content, thought: '' };
  const before = trimEndNewlines(parts[0]!).split('<think>').at(-1)!; // split gives one at least
  return { content: parts.at(-1)!.replace(/^\n+/, ''), thought: before.replace(/^\n+/, '') };
}

/** Neighbouring answers of tools share one user turn. */
function writeTool(
  page: Page,
  { content }: ReadMessage,
  { previous, next }: Partial<Record<'previous' | 'next', ReadMessage | undefined>>,
): void {
  if (previous?.role !== 'tool') page.write('<|im_start|>user');
  page.write('\n<tool_response>\n').quote(content, 'tool').write('\n</tool_response>');
  if (next?.role !== 'tool') page.write('<|im_end|>\n');
}

/** Newlines only: spaces, tabs and carriage returns stay. */
function trimNewlines(text: string): string {
  return trimEndNewlines(text.replace(/^\n+/, ''));
}

/** By hand: `/\n+$/` takes quadratic time on many newlines that do not end the text. */
function trimEndNewlines(text: string): string {
  let end = text.length;
  while (text[end - 1] === '\n') end--;
  return text.slice(0, end);
}
