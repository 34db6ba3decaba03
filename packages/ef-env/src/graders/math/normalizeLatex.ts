/** Unicode that people and models write, and the LaTeX it stands for. */
const UNICODE: Record<string, string> = {
  '−': '-', '–': '-', '—': '-', '‐': '-', '﹣': '-', '×': '\\times ', '·': '\\cdot ', '⋅': '\\cdot ',
  '∗': '*', '÷': '/', '⁄': '/', '∕': '/', 'π': '\\pi ', '∞': '\\infty ', '≤': '\\le ', '⩽': '\\le ',
  '≥': '\\ge ', '⩾': '\\ge ', '≠': '\\ne ', '≈': '\\approx ', '∪': '\\cup ', '∩': '\\cap ',
  '∈': '\\in ', '±': '\\pm ', '∓': '\\mp ', '°': '^{\\circ}', '√': '\\sqrt ', '∅': '\\emptyset ',
  'ℝ': '\\mathbb{R}', 'ℤ': '\\mathbb{Z}', 'ℕ': '\\mathbb{N}', 'ℚ': '\\mathbb{Q}', 'ℂ': '\\mathbb{C}',
  '½': '\\frac{1}{2}', '⅓': '\\frac{1}{3}', '⅔': '\\frac{2}{3}', '¼': '\\frac{1}{4}', '¾': '\\frac{3}{4}',
  '⇒': '\\Rightarrow ', '→': '\\to ', '∖': '\\setminus ', '％': '%', '，': ', ', '；': ';',
  '：': ':', '（': '(', '）': ')', '⟨': '(', '⟩': ')', '’': "'", '“': '"', '”': '"',
  'α': '\\alpha ', 'β': '\\beta ', 'γ': '\\gamma ', 'δ': '\\delta ', 'ε': '\\epsilon ', 'θ': '\\theta ',
  'λ': '\\lambda ', 'μ': '\\mu ', 'σ': '\\sigma ', 'τ': '\\tau ', 'φ': '\\phi ', 'ϕ': '\\phi ',
  'ω': '\\omega ', 'ρ': '\\rho ', 'Δ': '\\Delta ', 'Ω': '\\Omega ', 'Γ': '\\Gamma ',
}; // biome-ignore format: a table

const SUPERSCRIPTS = '⁰¹²³⁴⁵⁶⁷⁸⁹';
const SUBSCRIPTS = '₀₁₂₃₄₅₆₇₈₉';
const digits = (run: string, alphabet: string): string =>
  [...run].map((c) => (c === '⁻' ? '-' : alphabet.indexOf(c))).join('');

/** Commands that change only the looks: dropped, their argument stays. */
const LOOKS =
  /\\(?:displaystyle|textstyle|scriptstyle|limits|nolimits|left|right|middle|[bB]igg?[lrm]?|Bigg[lrm]?|mathop|mathbf|mathit|mathsf|mathcal|boldsymbol|bm|vec|hat|bar|tilde|overline|underline|overrightarrow|overleftrightarrow|widehat|mathord|strut|phantom|hphantom|vphantom|color\{[a-z]*\}|cancel|ensuremath|rm|bf|it|large|Large|small|normalsize|boxed|fbox|framebox|hline)(?![a-zA-Z])/g;

const SPACES =
  /\\(?:[,;:!> ]|quad|qquad|enspace|thinspace|medspace|hspace\*?\{[^{}]*\}|hfill|nobreak|allowbreak)|(?<!\\)~/g;

/** `0.1\overline{6}` */
const REPEATING = /(\d{1,40})?\.(\d{0,40})\\(?:overline|bar|dot)\s*\{(\d{1,40})\}/g;

/** w.f(r)(r)... = (wfr - wf) / (10^(|f|) (10^|r| - 1)), with the digits read as integers */
function repeatingDecimal(_: string, whole = '0', fixed: string, repeated: string): string {
  const numerator = BigInt(whole + fixed + repeated) - BigInt(whole + fixed);
  return `\\frac{${numerator}}{${'9'.repeat(repeated.length)}${'0'.repeat(fixed.length)}}`;
}

/** `]0, 1[` is the French open interval. */
const INTERVAL = /([[\]])([^[\](),]+,[^[\](),]+)([[\]])/g;

const RELATION_NAMES: [RegExp, string][] = [
  [/\\(?:leq|leqslant|leqq)(?![a-zA-Z])/g, '\\le '],
  [/\\(?:geq|geqslant|geqq)(?![a-zA-Z])/g, '\\ge '],
  [/\\neq(?![a-zA-Z])/g, '\\ne '],
  [/\\not\s*=/g, '\\ne '],
  [/<=/g, '\\le '],
  [/>=/g, '\\ge '],
  [/=>/g, '\\Rightarrow '],
  [/!=/g, '\\ne '],
  [/==/g, '='],
  [/\\lt(?![a-zA-Z])/g, '<'],
  [/\\gt(?![a-zA-Z])/g, '>'],
];

/**
 * One spelling for what LaTeX, Unicode and plain text write in many: spacing and size commands go,
 * fractions are `\frac`, relations have one name, JSON-escaped backslashes become single ones.
 * The mathematics is not touched.
 */
export function normalizeLatex(text: string): string {
  let s = text
    .replace(/[\u200b-\u200f\u202a-\u202e\u2060\ufeff]/g, '')
    .replace(/(?<!\\)\\n(?![a-zA-Z])/g, ' ');
  // Every command doubled: the text came out of a JSON string.
  if (/\\\\[a-zA-Z]/.test(s) && !/(?:^|[^\\])\\[a-zA-Z]/.test(s)) s = s.replace(/\\\\/g, '\\');
  if (/[\u0080-\u{10ffff}]/u.test(s)) s = asciiLatex(s);
  if (/[\\$,]/.test(s)) s = plainCommands(s);
  for (const [pattern, name] of RELATION_NAMES) s = s.replace(pattern, name);
  s = s.replace(
    INTERVAL,
    (_, open: string, ends: string, close: string) =>
      `${open === ']' ? '(' : '['}${ends}${close === '[' ? ')' : ']'}`,
  );
  return s.replaceAll('\ue001', '\\\\').trim();
}

/** Unicode as LaTeX. */
function asciiLatex(text: string): string {
  return text
    .replace(/[⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+/g, (run) => `^{${digits(run, SUPERSCRIPTS)}}`)
    .replace(/[₀₁₂₃₄₅₆₇₈₉]+/g, (run) => `_{${digits(run, SUBSCRIPTS)}}`)
    .replace(/[\uff10-\uff19]/g, (c) => String.fromCharCode(c.charCodeAt(0) - 0xfee0))
    .replace(/[\u0080-\u{10ffff}]/gu, (c) => UNICODE[c] ?? c);
}

/** One name per command; what only changes the looks goes. */
function plainCommands(text: string): string {
  return text
    .replace(/\\\\/g, ' \ue001 ') // a row break, not an escaped space
    .replace(REPEATING, repeatingDecimal)
    .replace(/\\(?:d|t|c)frac(?![a-zA-Z])/g, '\\frac')
    .replace(/\\(?:d|t)binom(?![a-zA-Z])/g, '\\binom')
    .replace(/\\(?:lvert|rvert|vert|mid)(?![a-zA-Z])/g, '|')
    .replace(/\\lbrace(?![a-zA-Z])/g, '\\{')
    .replace(/\\rbrace(?![a-zA-Z])/g, '\\}')
    .replace(/\\(?:langle|lparen)(?![a-zA-Z])/g, '(')
    .replace(/\\(?:rangle|rparen)(?![a-zA-Z])/g, ')')
    .replace(/\\lbrack(?![a-zA-Z])/g, '[')
    .replace(/\\rbrack(?![a-zA-Z])/g, ']')
    .replace(/\\(?:tag|label)\{[^{}]*\}/g, '')
    .replace(/\\(q?quad)(?=[a-zA-Z])/g, '\\$1 ')
    .replace(/\{,\}/g, '\ue000') // a thousands separator that cannot be a list
    .replace(/,\s*\\!\s*/g, '\ue000')
    .replace(/(?<=\d)\\[,;: ](?=\d{3}(?!\d))/g, '\ue000')
    .replace(/\\\$|(?<!\\)\$/g, ' ')
    .replace(/\\(?:left|right)\s*\./g, ' ')
    .replace(LOOKS, ' ')
    .replace(SPACES, ' ')
    .replace(/\^\s*\{?\s*\\(?:circ|degree)(?![a-zA-Z])\s*\}?|\\degree(?![a-zA-Z])/g, '\\circ ');
}
