import type { Segment } from '@molrl/ef-env';
import {
  type ChatFormat,
  type ChatTemplate,
  loadChatTemplate,
  Qwen3Error,
  renderSegments,
  type Tokenizer,
} from '@molrl/qwen3';

/** How a checkpoint's conversations are written down. */
export interface CheckpointFormat {
  format: ChatFormat;
  /** What its template lets the system say where nobody gave it a text; null: nothing. Absent: what the format says. */
  system?: string | null;
  /** Where the format is a guess: why, in a sentence. */
  doubt?: string | undefined;
}

/** What is known of a checkpoint. */
export interface Checkpoint {
  /** Folder or GGUF file. */
  source: string;
  tokenizer: Tokenizer;
  modelType: string;
}

/** Those that a template is compared with. `recipe` writes what `chatml` does, `qwen3` differs from it in tools alone. */
const ORDER: Record<'qwen3' | 'other', readonly ChatFormat[]> = {
  qwen3: ['qwen3', 'qwen3-non-thinking', 'chatml'],
  other: ['chatml', 'smollm2', 'llama3'],
};

const PROBE: readonly Segment[] = [
  { speaker: 'user', kind: 'prompt', turn: 0, text: 'Two?' },
  { speaker: 'assistant', kind: 'policy', turn: 0, text: 'One.' },
  { speaker: 'user', kind: 'environment', turn: 0, text: 'No.' },
];

const OPEN = { addGenerationPrompt: true };

/**
 * The format whose ids of a conversation are those of the checkpoint's chat template, with the system message that the template
 * adds of its own; without a template the one whose marks the tokenizer has.
 *
 * @throws {Error} One line if neither tells.
 */
export async function formatOfCheckpoint(checkpoint: Checkpoint): Promise<CheckpointFormat> {
  const { source, tokenizer } = checkpoint;
  const family = checkpoint.modelType.startsWith('qwen3') ? 'qwen3' : 'other';
  const marked = ORDER[family].filter((format) => canWrite(tokenizer, format));
  const [first] = marked;
  if (first === undefined) {
    throw new Error(
      `format: the tokenizer of ${source} has neither <|im_end|> (of qwen3, chatml and smollm2) nor <|eot_id|> (of llama3), so it knows no chat format that can be written. Give a model that was trained on chats.`,
    );
  }
  const template = await templateOf(source);
  if (!template) return { format: first };
  const system = usualSystem(template);
  const messages = PROBE.map(({ speaker, text }) => ({ role: speaker, content: text }));
  const opens = template.render(messages, OPEN) !== template.render(messages); // some know no opening of an answer
  const options = opens ? OPEN : {};
  const wanted = template.encode(messages, tokenizer, options).join();
  const own = marked.map((format): CheckpointFormat => ({ format })); // 'smollm2' brings its system message
  for (const chat of [...own, ...own.map((one) => ({ ...one, system }))]) {
    if (renderSegments(PROBE, tokenizer, { ...chat, ...options }).ids.join() === wanted)
      return chat;
  }
  return {
    format: first,
    system,
    doubt: `the chat template of ${source} writes conversations as no format here does; '${first}' is the nearest. What the model reads in training differs from its template: set --format, or compare both with renderSegments and loadChatTemplate.`,
  };
}

function canWrite(tokenizer: Tokenizer, format: ChatFormat): boolean {
  try {
    tokenizer.specialId(format === 'llama3' ? '<|eot_id|>' : '<|im_end|>');
    return true;
  } catch {
    return false; // it has no such token
  }
}

async function templateOf(source: string): Promise<ChatTemplate | undefined> {
  try {
    return await loadChatTemplate(source);
  } catch (error) {
    if (error instanceof Qwen3Error && error.code === 'tokenizer') return undefined; // there is none
    throw error;
  }
}

/** What the system says in a conversation that begins with the user. */
function usualSystem(template: ChatTemplate): string | null {
  const text = template.render([{ role: 'user', content: 'Two?' }]);
  const turn =
    /^(?:<\|im_start\|>system\n([\s\S]*?)<\|im_end\|>|<\|begin_of_text\|><\|start_header_id\|>system<\|end_header_id\|>\n\n([\s\S]*?)<\|eot_id\|>)/.exec(
      text,
    );
  return turn?.[1] ?? turn?.[2] ?? null;
}
