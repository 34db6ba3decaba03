/** Something that stands at a place in a text. */
interface Placed {
  readonly content: string;
  readonly start: number;
  readonly end: number;
}

/** Words that take back what stands before them. */
const CORRECTION =
  /\b(?:but|not|no|so|thus|hence|actually|wait|wrong|correct|instead|then|is|was|check)\b/i;
const MAX_WORDS = 24;

/**
 * The last of several answers together with those before it that it continues: `\boxed{1}, \boxed{2} and
 * \boxed{3}` is one answer, `\boxed{1}, no, \boxed{2}` is not. What joins is a comma, a semicolon,
 * 'and', 'or' or nothing, with at most a few words of decoration.
 */
export function joinedAtEnd<T extends Placed>(text: string, items: readonly T[]): T[] {
  const joined: T[] = [];
  for (let i = items.length - 1; i >= 0; i--) {
    const next = joined[0];
    if (next !== undefined && !joins(text.slice(items[i]!.end, next.start))) break;
    joined.unshift(items[i]!);
  }
  return joined;
}

function joins(between: string): boolean {
  if (between.length > 80) return false;
  const words = between
    .replace(/\\(?:text|mbox|mathrm)\s*\{([^{}]*)\}/g, '$1')
    .replace(/\\(?:q?quad(?![a-zA-Z])|[()[\],;:! ]|left|right)/g, ' ')
    .replace(/[a-zA-Z](?:_\{?\w+\}?)?\s*=\s*$/, '') // the name of the next value
    .replace(/[$*]/g, ' ')
    .trim();
  if (words === '') return true;
  if (words.length > MAX_WORDS || CORRECTION.test(words)) return false;
  return /^[,;]$|[,;]$|\b(?:and|or)\b|^[,;]/i.test(words) || /^&$/.test(words);
}
