/**
 * Scripts written without blanks between words. Each of their characters is a token, as in Lucene's standard
 * tokenizer for Han and Hiragana.
 */
const UNSPACED =
  '\\p{sc=Han}\\p{sc=Hiragana}\\p{sc=Katakana}\\p{sc=Thai}\\p{sc=Lao}\\p{sc=Khmer}\\p{sc=Myanmar}';

/**
 * Words of a text for retrieval: runs of letters, marks and digits of any script after NFKC and lower-casing;
 * scripts without blanks give one token per character. No stemming, no stop words.
 *
 * @example
 * tokenizeText('Ångström’s unit, 東京 2024'); // ['ångström', 's', 'unit', '東', '京', '2024']
 */
export function tokenizeText(text: string): string[] {
  const token = new RegExp(`[${UNSPACED}]\\p{M}*|(?:(?![${UNSPACED}])[\\p{L}\\p{M}\\p{N}])+`, 'gu');
  return text.normalize('NFKC').toLowerCase().match(token) ?? [];
}
