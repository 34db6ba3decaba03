import { createRandom, importConversation, mixSeeds, type Random } from '@molrl/ef-env';
import { renderSegments, type Tokenizer } from '@molrl/qwen3';
import { textWindow } from '../../trainer/method/textWindow.ts';
import { chainEpisode, definedChain, digitQuestion, plainChain } from './chains.ts';
import type { Turns } from './document.ts';
import { gymDocument } from './gym.ts';
import { sumDocument } from './sums.ts';

/** Conversations by kind. */
const CONVERSATIONS = {
  plain: plainChain,
  defs: definedChain,
  episodes: chainEpisode,
  misc: digitQuestion,
  sums: sumDocument,
  gym: gymDocument,
} as const satisfies Record<string, (random: Random) => Turns>;

export type DocumentKind = keyof typeof CONVERSATIONS | 'text';

/** Shares of the tokens. */
const SHARES: Readonly<Record<DocumentKind, number>> = {
  text: 0.12,
  plain: 0.1,
  defs: 0.22,
  episodes: 0.24,
  misc: 0.03,
  sums: 0.13,
  gym: 0.16,
};

/** Tokens of a stretch of the novel. */
const WINDOW = 128;

/** A document as tokens. */
export interface Drawn {
  kind: DocumentKind;
  ids: ArrayLike<number>;
  /** Whether each token is learned. */
  roles: ('text' | 'ignore')[];
}

/**
 * The documents of an update: of the kind that is furthest behind its share, until there are enough tokens. They depend on
 * seed and step and nothing else, so that an interrupted run goes on with the same.
 */
export function documentsOf(
  { seed, step, tokens }: { seed: number; step: number; tokens: number },
  { tokenizer, text }: { tokenizer: Tokenizer; text: readonly number[] },
): Drawn[] {
  const random = createRandom(mixSeeds(seed, 'pretrain', step));
  const kinds = Object.keys(SHARES) as DocumentKind[]; // keys of a literal
  const used = new Map(kinds.map((kind) => [kind, random.next() * WINDOW])); // so that not all updates begin alike
  const documents: Drawn[] = [];
  let all = 0;
  while (all < tokens) {
    const lag = (kind: DocumentKind): number => SHARES[kind] * all - used.get(kind)!; // of each
    const kind = kinds.reduce((most, one) => (lag(one) > lag(most) ? one : most));
    const own =
      kind === 'text'
        ? whole(textWindow(random, text, WINDOW).ids)
        : written(CONVERSATIONS[kind](random), tokenizer);
    documents.push({ kind, ...own });
    used.set(kind, used.get(kind)! + own.ids.length);
    all += own.ids.length;
  }
  return documents;
}

const whole = (ids: ArrayLike<number>): Pick<Drawn, 'ids' | 'roles'> => ({
  ids,
  roles: Array.from<unknown, 'text'>(ids, () => 'text'),
});

/** A conversation in the format of the base that ships. */
function written(turns: Turns, tokenizer: Tokenizer): Pick<Drawn, 'ids' | 'roles'> {
  const messages = turns.map((turn, i) => ({
    role: i % 2 === 0 ? ('user' as const) : ('assistant' as const),
    content: typeof turn === 'string' ? turn : turn.mistake,
  }));
  const { segments } = importConversation({ messages }, { id: 'pretrain' });
  const { ids, segments: segmentOf } = renderSegments(segments, tokenizer, { format: 'recipe' });
  const roles = Array.from(segmentOf, (i) => (typeof turns[i] === 'string' ? 'text' : 'ignore'));
  return { ids, roles };
}
