import { EfEnvError } from '../../base/errors.ts';
import type { Utterance } from '../../trajectory/utterance.ts';
import type { OpenRewardBlock, OpenRewardMessage, OpenRewardMessageBlock } from './answers.ts';

/**
 * Blocks as one text, a line break between them.
 *
 * @throws {EfEnvError} `task` for an image: policies read text.
 */
export function blocksText(what: string, blocks: readonly OpenRewardMessageBlock[]): string {
  return blocks.map((block) => blockText(what, block)).join('\n');
}

function blockText(what: string, block: OpenRewardMessageBlock): string {
  if (block.type === 'text') return block.text;
  if (block.type === 'reasoning') return `<think>\n${block.text}\n</think>`;
  if (block.type === 'tool_result') return blocksText(what, block.blocks);
  if (block.type === 'tool_call') {
    const call = JSON.stringify({ name: block.name, arguments: block.input });
    return `<tool_call>\n${call}\n</tool_call>`;
  }
  throw imageFault(what, block);
}

function imageFault(
  what: string,
  { mimeType, data }: OpenRewardBlock & { type: 'image' },
): EfEnvError {
  const bytes = Math.floor((data.replace(/=+$/, '').length * 3) / 4);
  return new EfEnvError(
    'task',
    `openReward: ${what} holds an image (${mimeType}, ${bytes} bytes), a policy reads text. Leave such tasks and tools out, or have the environment describe it.`,
  );
}

/** A conversation in which results of tools are the tools' messages, as chat templates have them. */
export function messageUtterances(messages: readonly OpenRewardMessage[]): Utterance[] {
  return messages.flatMap(({ role, blocks }) => {
    const results = blocks.filter(({ type }) => type === 'tool_result');
    const others = blocks.filter(({ type }) => type !== 'tool_result');
    const what = `a message of the ${role}`;
    return [
      ...results.map(
        (result): Utterance => ({ speaker: 'tool', text: blocksText(what, [result]) }),
      ),
      ...(others.length > 0 ? [{ speaker: role, text: blocksText(what, others) }] : []),
    ];
  });
}
