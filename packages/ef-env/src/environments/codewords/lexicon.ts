import type { Operation } from './operations.ts';

/**
 * The hidden meaning of the 16 domain words, two words per operation. In the base model's training
 * data each word had a new random meaning in every document, so the base can only guess (1 in 8).
 */
export const LEXICON: Readonly<Record<string, Operation>> = {
  biz: 'right',
  bot: 'pairs',
  bun: 'flip',
  dar: 'dec',
  det: 'ends',
  dil: 'rev',
  fev: 'inc',
  gev: 'ends',
  lam: 'dec',
  lot: 'right',
  med: 'flip',
  nuz: 'pairs',
  pif: 'left',
  rav: 'left',
  teg: 'rev',
  zup: 'inc',
};

/** The words whose meaning is to be learned from feedback. */
export const DOMAIN_WORDS: readonly string[] = Object.keys(LEXICON);

/** Invented words without a meaning in the domain: a prompt may define them freely. */
export const FREE_WORDS: readonly string[] =
  'bop bov bup buv dam did dur fam gil gin goz kit meg miz mob mol muf pol pov pun ral red rul rup'.split(
    ' ',
  );
