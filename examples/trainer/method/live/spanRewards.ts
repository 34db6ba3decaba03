import type { Segment } from '@molrl/ef-env';
import type { Learner } from '../learner.ts';

const utf8 = new TextEncoder();

/** What a tokenizer writes for bytes that are no whole character yet. */
const UNFINISHED = '\ufffd';

/** From the first byte to one past the last, UTF-8 offsets in the text of all tokens. */
export interface ByteRange {
  start: number;
  end: number;
}

/** Where each token stands. Tokens that make a character together have all of them the whole of it. */
export function tokenRanges(
  tokenizer: Pick<Learner['tokenizer'], 'decode'>,
  ids: ArrayLike<number>,
): ByteRange[] {
  const ranges: ByteRange[] = [];
  let start = 0;
  let pending: number[] = [];
  for (const id of Array.from(ids)) {
    pending.push(id);
    const text = tokenizer.decode(pending);
    if (text.endsWith(UNFINISHED)) continue;
    const end = start + utf8.encode(text).length;
    ranges.push(...pending.map(() => ({ start, end })));
    [start, pending] = [end, []];
  }
  return [...ranges, ...pending.map(() => ({ start, end: start }))]; // cut within a character: nowhere
}

/**
 * The rewards of the spans on the tokens that have a byte in them, one number for each sampled token; 0 outside all spans.
 * A token is often a word with the blank before it, so that it begins before what is marked.
 */
export function spanRewards(
  tokenizer: Pick<Learner['tokenizer'], 'decode'>,
  { spans = [], tokens }: Segment,
): Float64Array {
  return Float64Array.from(tokenRanges(tokenizer, tokens?.ids ?? []), (token) =>
    spans.reduce(
      (sum, { start, end, reward }) =>
        sum + (token.start < end && token.end > start && end > start ? reward : 0),
      0,
    ),
  );
}
