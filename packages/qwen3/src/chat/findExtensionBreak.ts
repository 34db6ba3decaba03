import type { ChatTemplate } from './createChatTemplate.ts';
import type { TemplateMessage } from './templateMessage.ts';

/** Where a template writes an earlier turn otherwise once another follows. */
export interface ExtensionBreak {
  /** Number of the message from which on it does. */
  message: number;
  /** Character of the text from which on the two differ. */
  at: number;
  /** What stood there, and what stands there with one message more. */
  before: string;
  after: string;
}

const SHOWN = 60;

/** A dialogue in which templates are known to break: a thought that is dropped, blanks that are trimmed, a tool. */
const SAMPLE: readonly TemplateMessage[] = [
  { role: 'system', content: ' Be brief. ' },
  { role: 'user', content: ' 1 + 1? ' },
  { role: 'assistant', content: '<think>\nAdd them.\n</think>\n\n2\n' },
  { role: 'user', content: 'And 2 + 2?' },
  { role: 'assistant', content: '<think>\nAgain.\n</think>\n\n4 ' },
  { role: 'user', content: 'Thanks.' },
];

/**
 * Does each turn extend the last? Training on episodes needs it: what was sampled after a prompt must be found behind that
 * same prompt when the whole episode is written down.
 *
 *     render(messages[0..t]) begins render(messages[0..t+1])
 *     render(messages[0..t], generation prompt) + answer begins render(messages[0..t], answer)
 *
 * @param messages - a dialogue to try. Default: six messages with thoughts and blanks at the ends.
 * @returns the first place where it does not, or undefined.
 *
 * @example
 * const template = await createChatTemplate(
 *   "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content if loop.last else m.content.split('</think>')[-1] }}<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}",
 * );
 * findExtensionBreak(template)?.message; // 3
 */
export function findExtensionBreak(
  template: ChatTemplate,
  messages: readonly TemplateMessage[] = SAMPLE,
): ExtensionBreak | undefined {
  for (let count = 1; count < messages.length; count++) {
    const next = messages[count]!; // count < length
    const isAnswer = next.role === 'assistant';
    const begun = template.render(messages.slice(0, count), { addGenerationPrompt: isAnswer });
    const before = isAnswer ? begun + String(next.content ?? '') : begun;
    const after = template.render(messages.slice(0, count + 1));
    if (after.startsWith(before)) continue;
    const at = firstDifference(before, after);
    return {
      message: count,
      at,
      before: before.slice(at, at + SHOWN),
      after: after.slice(at, at + SHOWN),
    };
  }
  return undefined;
}

function firstDifference(a: string, b: string): number {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at++;
  return at;
}
