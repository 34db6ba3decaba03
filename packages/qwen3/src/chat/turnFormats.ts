import type { Segment } from './segment.ts';

/** How turns are written: a header, what was said, an end. */
export interface TurnFormat {
  /** Stands before the first turn. */
  opening: string;
  /** Before and behind the speaker's name. */
  header: readonly [before: string, after: string];
  /** The token that ends a turn, and what the format writes behind it. */
  end: string;
  afterEnd: string;
  /** Under which name the answers of tools come. */
  toolName: string;
  /** Around the answer of a tool; neighbours then share one turn. */
  toolWrapper?: readonly [before: string, after: string];
  /** What an answer opens with. */
  answerOpening: string;
  /** What the system says where nobody gave it a text. */
  system?: string;
}

const CHATML: TurnFormat = {
  opening: '',
  header: ['<|im_start|>', '\n'],
  end: '<|im_end|>',
  afterEnd: '\n',
  toolName: 'tool',
  answerOpening: '',
};

const QWEN3: TurnFormat = {
  ...CHATML,
  toolName: 'user',
  toolWrapper: ['<tool_response>\n', '\n</tool_response>'],
};

export const TURN_FORMATS: Readonly<Record<ChatFormat, TurnFormat>> = {
  recipe: CHATML,
  chatml: CHATML,
  qwen3: QWEN3,
  'qwen3-non-thinking': { ...QWEN3, answerOpening: '<think>\n\n</think>\n\n' },
  smollm2: {
    ...CHATML,
    system: 'You are a helpful AI assistant named SmolLM, trained by Hugging Face',
  },
  llama3: {
    ...CHATML,
    opening: '<|begin_of_text|>',
    header: ['<|start_header_id|>', '<|end_header_id|>\n\n'],
    end: '<|eot_id|>',
    afterEnd: '',
    toolName: 'ipython',
  },
};

/**
 * How an episode is written down.
 *
 * - `'recipe'`, `'chatml'`: `<|im_start|>speaker\ntext<|im_end|>\n`, answers open with `<|im_start|>assistant\n`
 * - `'qwen3'`: the same, with the answers of tools as Qwen3 writes them: a user turn with a `<tool_response>` for each
 * - `'qwen3-non-thinking'`: `'qwen3'` whose answers open with an empty thought, which switches thinking off
 * - `'smollm2'`: ChatML, and SmolLM2's own system message where the episode has none
 * - `'llama3'`: `<|start_header_id|>speaker<|end_header_id|>\n\ntext<|eot_id|>` behind `<|begin_of_text|>`; tools are `ipython`
 *
 * All keep earlier thoughts, so that each turn extends the last. Qwen3's own template removes them: see `renderChat`.
 */
export type ChatFormat =
  | 'recipe'
  | 'chatml'
  | 'qwen3'
  | 'qwen3-non-thinking'
  | 'smollm2'
  | 'llama3';

/** Names of all formats. */
export const CHAT_FORMATS: readonly ChatFormat[] = Object.keys(TURN_FORMATS) as ChatFormat[];

/** The opening of a turn. */
export function turnHeader(
  format: TurnFormat,
  { speaker, kind }: Pick<Segment, 'speaker' | 'kind'>,
): string {
  const name = speaker === 'tool' ? format.toolName : speaker;
  const [before, after] = format.header;
  return `${before}${name}${after}${kind === 'policy' ? format.answerOpening : ''}`;
}
