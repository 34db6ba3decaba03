import { createRandom, type Random } from '@molrl/ef-env';

const WORDS =
  "the quick brown fox don't I'll we've 17 25? 3.14159 2026-11-29 café naïve Straße ΑΩ Привет мир こんにちは 世界 🙂👩‍👩‍👧 <|im_start|> <|im_end|> <think> def f(x): x**2 x_1 0x1F 1,000,000 ½ ² Ⅻ ٣٤٥ नमस्ते ก็ é e\u0301 \u00a0 \u2028 \ufeff \u0085 ﬁ İ ſ K ``` $x^2$ \\frac{1}{2} http://a.b/c?d=e&f=1#g <|endoftext|> user assistant".split(
    ' ',
  );
const BLANKS = [' ', '  ', '\n', '\n\n', '\t', '\r\n', '    ', ' \n '];
/** Stretches of Unicode, by first and last code point. */
const SCRIPTS: readonly (readonly [number, number])[] = [
  [32, 126],
  [0xa0, 0x24f],
  [0x370, 0x3ff],
  [0x400, 0x4ff],
  [0x900, 0x97f],
  [0x4e00, 0x9fff],
  [0x1f300, 0x1f64f],
];

/** Strings that tokenizers have been seen to disagree on: numbers, blanks, scripts, marks, contractions. */
export function randomTexts(count: number, seed: number): string[] {
  const random = createRandom(seed);
  return Array.from({ length: count }, () => {
    const pieces = Array.from({ length: 1 + random.integer(40) }, () => piece(random));
    return pieces.join('');
  });
}

function piece(random: Random): string {
  const kind = random.next();
  const blank = random.next() < 0.6 ? ' ' : '';
  if (kind < 0.5) return random.choice(WORDS) + blank;
  if (kind < 0.6) return random.choice(WORDS).toUpperCase() + blank;
  if (kind < 0.75) return letters(random) + blank;
  if (kind < 0.85) return random.choice(BLANKS);
  return String(random.integer(10 ** (1 + random.integer(9)))) + blank;
}

function letters(random: Random): string {
  const [first, last] = random.choice(SCRIPTS);
  const count = 1 + random.integer(8);
  return String.fromCodePoint(
    ...Array.from({ length: count }, () => first + random.integer(last - first + 1)),
  );
}
