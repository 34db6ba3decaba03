import { withoutLooks } from './latexLooks.ts';

/** Unicode that people and models write, and the LaTeX it stands for. */
const UNICODE: Record<string, string> = {
  '−': '-', '–': '-', '—': '-', '‐': '-', '‑': '-', '﹣': '-', '×': '\\times ', '·': '\\cdot ', '⋅': '\\cdot ',
  '∗': '*', '÷': '/', '⁄': '/', '∕': '/', 'π': '\\pi ', '∞': '\\infty ', '≤': '\\le ', '⩽': '\\le ',
  '≥': '\\ge ', '⩾': '\\ge ', '≠': '\\ne ', '≈': '\\approx ', '∪': '\\cup ', '∩': '\\cap ',
  '∈': '\\in ', '±': '\\pm ', '∓': '\\mp ', '°': '\\circ ', 'º': '\\circ ', '˚': '\\circ ', '√': '\\sqrt ', '∅': '\\emptyset ',
  'ℝ': '\\mathbb{R}', 'ℤ': '\\mathbb{Z}', 'ℕ': '\\mathbb{N}', 'ℚ': '\\mathbb{Q}', 'ℂ': '\\mathbb{C}',
  '∛': '\\sqrt[3] ', '∜': '\\sqrt[4] ', '∨': '\\or ', '∧': '\\and ', '…': '...', '¢': '\\text{ cents}',
  '⇒': '\\Rightarrow ', '→': '\\to ', '∖': '\\setminus ', '，': ', ', '⟨': '(', '⟩': ')', '’': "'", '“': '"', '”': '"',
  'α': '\\alpha ', 'β': '\\beta ', 'γ': '\\gamma ', 'δ': '\\delta ', 'ε': '\\epsilon ', 'θ': '\\theta ',
  'λ': '\\lambda ', 'μ': '\\mu ', 'σ': '\\sigma ', 'τ': '\\tau ', 'φ': '\\phi ', 'ϕ': '\\phi ',
  'ω': '\\omega ', 'ρ': '\\rho ', 'Δ': '\\Delta ', 'Ω': '\\Omega ', 'Γ': '\\Gamma ',
}; // biome-ignore format: a table

/** name here -> names that mean the same; those under `' '` change only the looks, their argument stays. */
const SAME: Record<string, string> = {
  ' ': `displaystyle textstyle scriptstyle limits nolimits left right middle big Big bigg Bigg bigl bigr bigm Bigl Bigr Bigm biggl biggr biggm Biggl Biggr Biggm
    mathop mathbf mathit mathsf mathcal boldsymbol bm vec hat bar tilde overline underline overrightarrow overleftrightarrow widehat mathord strut cancel ensuremath rm bf it large Large small normalsize huge Huge LARGE footnotesize scriptsize tiny pmb mathtt boxed fbox framebox hline quad qquad enspace thinspace medspace hfill nobreak allowbreak
    textdollar pounds euro texteuro textsterling textrupee`,
  '\\frac': 'dfrac tfrac cfrac nicefrac sfrac', '\\binom': 'dbinom tbinom', '\\sqrt ': 'surd', '|': 'lvert rvert vert mid', '\\{': 'lbrace', '\\}': 'rbrace',
  '(': 'langle lparen', ')': 'rangle rparen', '[': 'lbrack', ']': 'rbrack', '\\circ ': 'degree', '\\or ': 'lor vee', '\\cup ': 'bigcup', '\\cap ': 'bigcap', '\\and ': 'land',
  '\\le ': 'leq leqslant leqq', '\\ge ': 'geq geqslant geqq', '\\ne ': 'neq', '<': 'lt', '>': 'gt', '...': 'ldots cdots dots',
}; // biome-ignore format: a table
const ALIASES: ReadonlyMap<string, string> = /* @__PURE__ */ (() =>
  new Map(
    Object.entries(SAME).flatMap(([to, names]) =>
      names.split(/\s+/).map((name): [string, string] => [name, to]),
    ),
  ))();
const COMMAND = /\\(?:(?:hspace\*?|tag|label)\s*\{[^{}]*\}|([a-zA-Z]+))/g;
const RELATIONS = /<=|>=|=>|!=|==/g;
const RELATION_NAMES: Record<string, string> = {
  '<=': '\\le ', '>=': '\\ge ', '=>': '\\Rightarrow ', '!=': '\\ne ', '==': '=',
}; // biome-ignore format: a table

/** The plain letters, digits and signs that raised, lowered, wide or otherwise styled ones stand for. */
const plainForm = (run: string): string => run.normalize('NFKC').replaceAll('−', '-');

/** `0.1\overline{6}`, `0.\dot{1}4285\dot{7}`, `0.1666...`: whole, fixed and repeated digits. */
const REPEATING =
  /(\d{1,40})?\.(\d{0,40})\\(?:overline|bar|dot)\s*(?:\{(\d{1,40})\}|(\d)(?!\d*\\dot))(?!\d*\\dot)/g;
const DOTTED = /(\d{1,40})?\.(\d{0,40})\\dot\s*\{?(\d)\}?(\d{0,40})\\dot\s*\{?(\d)\}?/g;
const ENDLESS = /(\d{1,12})?\.(\d{0,9}?)(\d{1,9}?)\3{1,9}(?:\.\.\.|\\[lc]?dots(?![a-z]))/g;

/** w.f(r)(r)... = (wfr - wf) / (10^(|f|) (10^|r| - 1)), with the digits read as integers */
function repeatingDecimal(whole = '0', fixed: string, repeated: string): string {
  const numerator = BigInt(whole + fixed + repeated) - BigInt(whole + fixed);
  return `\\frac{${numerator}}{${'9'.repeat(repeated.length)}${'0'.repeat(fixed.length)}}`;
}

/** `]0, 1[` is the French open interval. */
const INTERVAL = /([[\]])([^[\](),;]+[,;][^[\](),;]+)([[\]])/g;

/** An amount with nothing but an end after it. */
const DOLLARS = /\\\$\s*(\d(?:[\d,]|\{,\})*(?:\.\d+)?)(?=\s*(?:$|[;)\]}]|,\s))/g;

/**
 * One spelling for what LaTeX, Unicode and plain text write in many: spacing and size commands go,
 * fractions are `\frac`, relations have one name, JSON-escaped backslashes become single ones.
 * The mathematics is not touched.
 */
export function normalizeLatex(text: string): string {
  let s = withoutLooks(text);
  if (/[\u0080-\u{10ffff}]/u.test(s)) s = asciiLatex(s);
  if (/[\\$~]|\{[,:]\}/.test(s)) s = plainCommands(s);
  if (s.includes('...'))
    // biome-ignore lint/complexity/useMaxParams: groups of a pattern
    s = s.replace(ENDLESS, (_, w, f: string, r: string) => repeatingDecimal(w, f, r));
  if (/[<>!=]=|=>/.test(s)) s = s.replace(RELATIONS, (sign) => RELATION_NAMES[sign]!);
  if (s.includes('**')) s = s.replace(/(?<=[\w)}\]])\s*\*\*\s*(?=[\w({\\-])/g, '^');
  if (/\d\s*[xX]\s*10\s*\^/.test(s)) s = s.replace(/(?<=\d)\s*[xX]\s*(?=10\s*\^)/g, '\\times ');
  if (s.includes('[') || s.includes(']')) {
    s = s.replace(
      INTERVAL,
      // biome-ignore lint/complexity/useMaxParams: groups of a pattern
      (_, open: string, ends: string, close: string) =>
        `${open === ']' ? '(' : '['}${ends}${close === '[' ? ')' : ']'}`,
    );
  }
  return s.replaceAll('\ue001', '\\\\').trim();
}

/** Unicode as LaTeX. */
function asciiLatex(text: string): string {
  return text
    .replace(/[\u200b-\u200f\u202a-\u202e\u2060\ufeff\ue000\ue001]/g, '')
    .replace(/[¼-¾⅐-⅞]/g, (c) => c.normalize('NFKC').replace(/(\d+)⁄(\d+)/, '\\frac{$1}{$2}'))
    .replace(/[⁰¹²³⁴-⁾ⁿⁱ]+/g, (run) => `^{${plainForm(run)}}`)
    .replace(/[₀-₎ₐ-ₜ]+/g, (run) => `_{${plainForm(run)}}`)
    .replace(/(?!¢)\p{Sc}/gu, (sign) => (sign === '$' ? sign : ' '))
    .replace(/[\u0080-\u{10ffff}]/gu, (c) => UNICODE[c] ?? plainForm(c));
}

/** One name per command; what only changes the looks goes. */
function plainCommands(text: string): string {
  let s = text.replace(/(?<!\\)\\n(?![a-zA-Z])/g, ' ');
  // Every command doubled: the text came out of a JSON string.
  if (/\\\\[a-zA-Z]/.test(s) && !/(?:^|[^\\])\\[a-zA-Z]/.test(s)) s = s.replaceAll('\\\\', '\\');
  s = s.replaceAll('\\\\', ' \ue001 '); // a row break, not an escaped space
  if (s.includes('\\$')) s = s.replace(DOLLARS, '$1\\text{ dollars}');
  if (/\.\d*\\(?:overline|bar|dot)/.test(s)) {
    s = s
      // biome-ignore lint/complexity/useMaxParams: groups of a pattern
      .replace(DOTTED, (_, w, f: string, a: string, b: string, c: string) =>
        repeatingDecimal(w, f, a + b + c),
      )
      // biome-ignore lint/complexity/useMaxParams: groups of a pattern
      .replace(REPEATING, (_, w, f: string, r?: string, one?: string) =>
        repeatingDecimal(w, f, r ?? one!),
      );
  }
  return s
    .replace(/\{,\}|,\s*\\!\s*|(?<=\d)\{?\\[,;: ]\}?(?=\d{3}(?!\d))/g, '\ue000') // a thousands separator that cannot be a list
    .replaceAll('{:}', ':')
    .replace(/\\\$|\$|\\[,;:!> ]|(?<!\\)~|\\(?:left|right)\s*\./g, ' ')
    .replace(/\\not\s*=/g, '\\ne ')
    .replace(COMMAND, (command, name: string | undefined) => {
      if (name === undefined) return ' ';
      return (
        ALIASES.get(name) ?? (/^q?quad/.test(name) ? ` ${name.replace(/^q?quad/, '')}` : command)
      );
    })
    .replace(/\^\s*\{?\s*\\circ(?![a-zA-Z])\s*\}?/g, '\\circ ');
}
