import type { CompletionRow } from '../../harness/completionRows.ts';

/** One token of an episode, as the loss saw it. */
export interface SeenToken {
  text: string;
  role: 'ignore' | 'assistant' | 'environment';
  /** Whether the model sampled it. */
  isSampled: boolean;
  /** Undefined where not measured. Log-probs of sampler, trainer and base. */
  samplerLogprob: number | undefined;
  logprob: number | undefined;
  refLogprob: number | undefined;
  advantage: number | undefined;
  loss: number | undefined;
  /** Share of the update's gradient; below 0 the update makes the token more probable. */
  gradientShare: number | undefined;
}

const ROLES = { i: 'ignore', a: 'assistant', e: 'environment' } as const;

/** The columns of a row of completions.jsonl, token by token. */
export function tokenTable({ tokens, advantage }: CompletionRow): SeenToken[] {
  let at = -1;
  return tokens.texts.map((text, i) => {
    const isSampled = tokens.mask[i] === '1';
    if (isSampled) at += 1;
    const of = (column: readonly number[] | undefined) => (isSampled ? column?.[at] : undefined);
    return {
      text,
      role: ROLES[tokens.roles[i] as keyof typeof ROLES], // a letter each, written by completionRows
      isSampled,
      samplerLogprob: of(tokens.samplerLogprobs),
      logprob: of(tokens.logprobs),
      refLogprob: of(tokens.refLogprobs),
      advantage: isSampled ? advantage : undefined,
      loss: of(tokens.losses),
      gradientShare: of(tokens.gradientShares),
    };
  });
}

/** Spaces and line ends as marks that can be seen. */
export const visible = (text: string): string =>
  text.replaceAll('\n', '⏎').replaceAll('\t', '⇥').replace(/^ | $/g, '·');

/** The largest share of the gradient that a token of an episode has, in size. */
export const largestShare = (tokens: readonly SeenToken[]): number =>
  tokens.reduce((most, { gradientShare = 0 }) => Math.max(most, Math.abs(gradientShare)), 0);

/** How strongly a token is coloured: 0 to 1, by its part of the episode's largest gradient. */
export const strength = ({ gradientShare = 0 }: SeenToken, most: number): number =>
  most === 0 ? 0 : Math.abs(gradientShare) / most;

type Column = readonly [name: string, cell: (token: SeenToken) => string];

/** The columns of the table under the coloured text that have something in them. */
export const columnsOf = (tokens: readonly SeenToken[]): Column[] =>
  COLUMNS.filter(([, cell]) => tokens.some((token) => cell(token) !== ''));

const COLUMNS: readonly Column[] = [
  ['token', ({ text }) => visible(text)],
  ['role', ({ role }) => role],
  ['mask', ({ isSampled }) => (isSampled ? '1' : '0')],
  ['log-prob', ({ logprob, samplerLogprob }) => shown(logprob ?? samplerLogprob)],
  ['ref', ({ refLogprob }) => shown(refLogprob)],
  ['advantage', ({ advantage }) => shown(advantage)],
  ['loss', ({ loss }) => shown(loss)],
  [
    'gradient',
    ({ gradientShare: share }) => (share === undefined ? '' : `${(100 * share).toFixed(2)} %`),
  ],
];

const shown = (value: number | undefined): string => (value === undefined ? '' : value.toFixed(3));
