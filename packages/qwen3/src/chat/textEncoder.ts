import type { Tokenizer as HubTokenizer } from '@huggingface/tokenizers';
import { Qwen3Error } from '../base/errors.ts';
import { showValue } from '../base/showValue.ts';
import { type AddedToken, addedTokenFinder, type TextRange } from './addedTokens.ts';

/** Text whose added tokens are found, ids where they are. */
type Part = string | AddedToken;

/**
 * Encodes as the Rust tokenizers do: added tokens that are not normalised are found in the text as given, then each
 * stretch between them is normalised, searched for the others, cut into words, and each word merged.
 *
 * The library's own `encode` has no way to leave an added token alone, ignores `single_word`, and takes a whole
 * stretch that equals a token after normalisation for it.
 */
export function textEncoder(
  hub: HubTokenizer,
  added: readonly AddedToken[],
  splitsSpecial: boolean,
): (text: string, verbatim?: boolean | readonly TextRange[]) => number[] {
  const { normalizer, pre_tokenizer: preTokenizer, model } = hub;
  if (model === null) throw new Qwen3Error('tokenizer', 'createTokenizer: the file has no model.');
  const normalize = (text: string): string => (normalizer === null ? text : normalizer(text));
  const find = addedTokenFinder(added.filter((token) => !token.normalized));
  const findNormalized = addedTokenFinder(
    added.filter((token) => token.normalized),
    normalize,
  );
  const idOf = modelIds(hub, added);

  function idsOfWords(text: string, sectionIndex: number): number[] {
    if (text === '') return [];
    const words = preTokenizer ? preTokenizer(text, { section_index: sectionIndex }) : [text];
    return model!(words).map(idOf); // checked above
  }

  return (text, verbatim) => {
    const ranges = readRanges(text, verbatim);
    const overlaps = (start: number, end: number): boolean =>
      ranges.some(([from, to]) => start < to && from < end);
    const isSplit = ({ special }: AddedToken): boolean =>
      verbatim === undefined && splitsSpecial && special;
    const sections = find(text, isSplit, overlaps);
    return sections.flatMap(({ start, end, token }, index) => {
      if (token) return [token.id];
      const parts = cutAtRanges(start, end, ranges).flatMap(([from, to]): Part[] => {
        const piece = normalize(text.slice(from, to));
        if (overlaps(from, to)) return [piece];
        const found = findNormalized(piece, isSplit, () => false);
        return found.map((section) => section.token ?? piece.slice(section.start, section.end));
      });
      return joinText(parts).flatMap((part) => {
        if (typeof part !== 'string') return [part.id];
        return idsOfWords(ranges.length === 0 ? part : normalize(part), index);
      });
    });
  };
}

/** Ids of the model's own tokens: the library enters added ones there as well, where words would find them. */
function modelIds(hub: HubTokenizer, added: readonly AddedToken[]): (token: string) => number {
  const ids = hub.model!.tokens_to_ids; // the caller has checked it
  const { vocab = {} } = hub.model!.config as { vocab?: object };
  const isOwn = (token: string): boolean =>
    Array.isArray(vocab) ? vocab.some(([own]) => own === token) : Object.hasOwn(vocab, token);
  for (const { content } of added) if (!isOwn(content)) ids.delete(content);
  return (token) => {
    const id = ids.get(token) ?? hub.model!.unk_token_id;
    if (id !== undefined) return id;
    throw new Qwen3Error(
      'tokenizer',
      `Tokenizer.encode: there is no token for ${showValue(token)}.`,
    );
  };
}

function readRanges(
  text: string,
  verbatim: boolean | readonly TextRange[] | undefined,
): readonly TextRange[] {
  if (verbatim === undefined || verbatim === false) return [];
  if (verbatim === true) return [[0, text.length]];
  const isRange = (range: unknown): boolean =>
    Array.isArray(range) && range.length === 2 && range.every(Number.isInteger);
  if (Array.isArray(verbatim) && verbatim.every(isRange)) return verbatim;
  throw new Qwen3Error(
    'option',
    `Tokenizer.encode: verbatim must be true, false or a list of [start, end], got ${showValue(verbatim)}.`,
  );
}

/** `[start, end)` cut where verbatim ranges begin and end. */
function cutAtRanges(start: number, end: number, ranges: readonly TextRange[]): TextRange[] {
  const inside = ranges.flat().filter((at) => at > start && at < end);
  const cuts = [start, ...new Set(inside.sort((a, b) => a - b)), end];
  return cuts.slice(1).map((to, i) => [cuts[i]!, to]); // one less than cuts
}

/** Neighbouring texts as one: words and merges go across. */
function joinText(parts: readonly Part[]): Part[] {
  const joined: Part[] = [];
  for (const part of parts) {
    const last = joined.at(-1);
    if (typeof part === 'string' && typeof last === 'string')
      joined[joined.length - 1] = last + part;
    else joined.push(part);
  }
  return joined;
}
