/**
 * An answer as the SQuAD script compares it: lower case, without punctuation and the articles a, an, the.
 * Punctuation is Unicode's here, the script's is ASCII.
 */
function normalizeAnswer(text: string): string {
  return text
    .toLowerCase()
    .replace(/[\p{P}$+<=>^`|~]/gu, '')
    .replace(/(?<![\p{L}\p{N}_])(?:a|an|the)(?![\p{L}\p{N}_])/gu, ' ')
    .trim()
    .replace(/\s+/g, ' ');
}

/**
 * 1 if the answer equals one of the reference answers after SQuAD's normalisation, else 0.
 *
 * @example
 * exactMatch(['The Eiffel Tower'], 'eiffel tower!'); // 1
 *
 * @see Rajpurkar et al. 2016, SQuAD: https://arxiv.org/abs/1606.05250
 */
export function exactMatch(golds: readonly string[], answer: string): number {
  const said = normalizeAnswer(answer);
  return Number(golds.some((gold) => normalizeAnswer(gold) === said));
}

/**
 * SQuAD's F1: harmonic mean of precision and recall over the words of answer and reference, the best of all
 * references, 0 to 1.
 *
 * @example
 * tokenF1(['Barack Obama'], 'President Barack Obama'); // 0.8
 */
export function tokenF1(golds: readonly string[], answer: string): number {
  return Math.max(0, ...golds.map((gold) => f1(words(gold), words(answer))));
}

const words = (text: string): string[] => normalizeAnswer(text).split(' ').filter(Boolean);

function f1(gold: readonly string[], said: readonly string[]): number {
  // nothing said where nothing was to be said
  if (gold.length === 0 || said.length === 0) return Number(gold.length === said.length);
  const left = new Map<string, number>();
  for (const word of gold) left.set(word, (left.get(word) ?? 0) + 1);
  let common = 0;
  for (const word of said) {
    const count = left.get(word) ?? 0;
    if (count > 0) common += 1;
    left.set(word, count - 1);
  }
  return (2 * common) / (gold.length + said.length);
}
