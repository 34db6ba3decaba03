import type { Operation } from './operations.ts';

/** What the words of a domain mean. */
export type Lexicon = Readonly<Record<string, Operation>>;

/**
 * The hidden meaning of the 16 domain words, two words per operation. In the base model's training
 * data each word had a new random meaning in every document, so the base can only guess (1 in 8).
 */
export const LEXICON: Lexicon = {
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

/** 32 words: those of `LEXICON`, and 16 of the free ones, again two words more per operation. Eight stay free. */
export const LARGE_LEXICON: Lexicon = {
  ...LEXICON,
  bop: 'inc',
  bov: 'left',
  dam: 'rev',
  dur: 'pairs',
  fam: 'dec',
  gil: 'ends',
  gin: 'right',
  goz: 'flip',
  kit: 'ends',
  meg: 'inc',
  mob: 'flip',
  muf: 'rev',
  pol: 'left',
  pov: 'dec',
  ral: 'pairs',
  rul: 'right',
};
