import { type ConversationMessage, importConversation } from '@molrl/ef-env';
import type { TrainerSettings } from '../config/schema.ts';
import type { Learner, Sequence } from '../method/learner.ts';
import { readDataRows } from './dataRows.ts';
import type { Game } from './game.ts';
import type { SftRow } from './sftRow.ts';

/** Rows of `sft.data`, else the game's own, as tokens in the model's chat format; none when no stage needs them. */
export async function readSftRows(
  { stages, sft, data, seed, system }: TrainerSettings,
  { render }: Pick<Learner, 'render'>,
  game: Pick<Game, 'sftRows'>,
): Promise<Sequence[]> {
  if (!stages.includes('sft')) return [];
  // held-out rows of the same file stay out
  const rows =
    sft.data === undefined || sft.data === data ? game.sftRows : await rowsOfFile(sft.data, seed);
  if (rows === undefined || rows.length === 0) {
    throw new Error(
      'sft.data: the stage `sft` needs rows. Give --sft.data FILE.jsonl with `messages`, or `prompt` and `completion`; or rows of --data with an `answer` or `completion`, or an environment file that exports `sftRows`.',
    );
  }
  return rows.map((row, index) => {
    const messages = messagesOf(row, index);
    const opened = system === undefined || messages[0]?.role === 'system';
    const all = opened ? messages : [{ role: 'system' as const, content: system }, ...messages];
    const { segments } = importConversation({ messages: all }, { id: `sft-${index}` });
    const { ids, roles } = render(segments);
    return { ids, roles: roles.map((role) => (role === 'assistant' ? role : 'ignore')) };
  });
}

async function rowsOfFile(data: string, seed: number): Promise<SftRow[]> {
  const { train, heldOut } = await readDataRows<SftRow>({ data, seed });
  return [...heldOut, ...train];
}

function messagesOf(
  { messages, prompt, completion }: SftRow,
  index: number,
): ConversationMessage[] {
  if (Array.isArray(messages)) return messages;
  if (typeof prompt === 'string' && typeof completion === 'string') {
    return [
      { role: 'user', content: prompt },
      { role: 'assistant', content: completion },
    ];
  }
  throw new Error(
    `sft.data: row ${index + 1} needs \`messages\`, or a text \`prompt\` and \`completion\`.`,
  );
}
