import { afterBrace } from './afterBrace.ts';

/** Rewrites of what models print around the mathematics: tried where the text holds the first string. */
const REWRITES: [marker: string, pattern: RegExp, replacement: string][] = [
  ['\\', /\\(?:newline|tabularnewline|cr)(?![a-zA-Z])/g, '\\\\ '],
  ['\\\\', /\\\\\s*(?:\*|\[\s*-?[\d.]+\s*(?:pt|em|ex|mm|cm|in|pc|mu|sp)\s*\])/g, '\\\\ '],
  ['matrix*', /(\\(?:begin|end)\s*\{[a-zA-Z]*matrix)\*\}(?:\s*\[[lrc]\])?/g, '$1}'],
  ['array}[', /(\\begin\s*\{array\})\s*\[[tbc]\]/g, '$1'],
  ['\\textcolor', /\\textcolor\s*(?:\[[^[\]]*\])?\s*\{[^{}]*\}/g, ' '],
  ['color', /\\(?:colorbox|color|definecolor)\s*(?:\[[^[\]]*\])?\s*\{[^{}]*\}/g, ' '],
  ['\\fcolorbox', /\\fcolorbox\s*\{[^{}]*\}\s*\{[^{}]*\}/g, ' '],
  ['\\!', /(?<=\d)\s*\\!\s*(?=\d)/g, ''],
  ['\\', /\\(?:checkmark|qed|blacksquare)(?![a-zA-Z])/g, ' '],
  ['\u2713', /\u2713/g, ' '], ['\u2714', /\u2714\ufe0f?/g, ' '], ['\u2705', /\u2705/g, ' '],
  ['\\#', /\\#/g, ' '],
  ['$', /\b(?:US|CA|AU|NZ|HK)\s*(?=\\?\$)/g, ' '],
  ['{', /\\(?:text(?:rm|normal)?|mathord|mathbin|mathrm)\s*\{\s*([-+\u2212\u2013])\s*\}/g, '$1'],
  ['^', /(?<=[\d}])\s*\^\s*(?:\{\s*(?:\\(?:text|mathrm|textit|rm)\s*\{?)?\s*(?:st|nd|rd|th)\s*\}?\s*\}|\\(?:text|mathrm)\s*\{\s*(?:st|nd|rd|th)\s*\})/g, ' '],
  ['^', /(?<=\d)\s*\^\s*(?:\{\s*(?:\\(?:text|mathrm)\s*\{\s*o\s*\}|o)\s*\}|\\(?:text|mathrm)\s*\{\s*o\s*\}|o(?![a-zA-Z]))/g, '\\circ '],
  ['^', /(?<=[a-zA-Z])\s*\^\s*(?:\{\s*)?(?:\*|\\(?:ast|star)(?![a-zA-Z]))(?:\s*\})?/g, "'"],
  ['frac', /\\[dt]?frac\s*\{\s*\\(?:text|mathrm)\s*\{([^{}]*)\}[^{}\\]{0,4}\}\s*\{\s*\\(?:text|mathrm)\s*\{([^{}]*)\}[^{}\\]{0,4}\}/g, '\\text{$1/$2}'],
  ['U', /(?<=[)\]])\s*(?:\\(?:text|mathrm)\s*\{\s*U\s*\}|U)\s*(?=(?:\\left\s*)?[([])/g, '\\cup '],
  ['\\rm', /\{\s*\\rm\s*([^{}\\]*)\}/g, '\\text{$1}'],
  ['\\unit', /\\unit\s*(?=\{)/g, '\\text'],
]; // biome-ignore format: a table

const CURRENCY = /\b(?:USD|EUR|GBP|INR|CNY|JPY|Rs\.?)(?:\s|\\[ ,;]|~)*(?=[\d$\\])/g;
const PHANTOM = /\\[hv]?phantom\s*(?=\{)/;
const ALIGNED =
  /\\begin\s*\{(aligned|alignedat|align|gather|gathered|split|equation|multline|eqnarray|displaymath|math)\*?\}(?:\[[tbc]\])?([\s\S]*?)\\end\s*\{\1\*?\}/g;

/** Without these there is nothing of the kind: plain numbers are spared the pattern below, which takes long to compile. */
const MAY_NEED = /[\\^A-Z\u2713\u2714\u2705]/;
/** Whether there is anything of the kind: most answers are spared the rewrites. */
const NEEDED =
  /\\(?:newline|tabularnewline|cr(?![a-z])|[a-z]*color|[hv]?phantom|checkmark|qed|black|rm(?![a-z])|unit|[#!]|(?:mathord|mathbin|mathrm|text[a-z]*)\s*\{\s*[-+\u2212\u2013])|\\\\\s*[[*]|\\begin\s*\{(?:[a-z]*matrix\*|array\}\[|(?![a-z]*matrix|array|cases))|\^\s*\{?\s*(?:\\(?:text|mathrm|rm|ast|star)|\*|o(?![a-z])|st|nd|rd|th)|frac\s*\{\s*\\(?:text|mathrm)|[)\]]\s*(?:\\[a-z]+\s*\{\s*)?U|(?:US|CA|AU|NZ|HK|EUR|GBP|INR|CNY|JPY|Rs)|[\u2713\u2714\u2705]/;

/** The text without colours, boxes of blank space, alignment and signs that only adorn an answer. */
export function withoutLooks(text: string): string {
  if (!MAY_NEED.test(text) || !NEEDED.test(text)) return text;
  let s = text;
  for (const [marker, pattern, replacement] of REWRITES) {
    if (s.includes(marker)) s = s.replace(pattern, replacement);
  }
  if (/USD|EUR|GBP|INR|CNY|JPY|Rs/.test(s)) s = s.replace(CURRENCY, '');
  if (s.includes('phantom')) s = withoutPhantoms(s);
  if (s.includes('\\begin'))
    s = s.replace(ALIGNED, (_, __, rows: string) => ` ${joinedRows(rows)} `);
  return s;
}

/** What a phantom holds is not printed. */
function withoutPhantoms(text: string): string {
  let s = text;
  for (let count = 0; count < 20; count++) {
    const match = PHANTOM.exec(s);
    if (match === null) break;
    s = s.slice(0, match.index) + s.slice(afterBrace(s, match.index + match[0].length));
  }
  return s;
}

/** A row that begins with a sign continues the one before; any other is an item of a list. */
const joinedRows = (rows: string): string =>
  rows
    .split('\\\\')
    .map((row) => row.replace(/(?<!\\)&/g, ' ').trim())
    .filter((row) => row !== '')
    .reduce((all, row) => {
      if (all === '') return row;
      return /^(?:[=<>+\u2248\u2264\u2265]|-|\\(?:[lg]eq?|approx|equiv|times|cdot|sim)(?![a-zA-Z]))/.test(
        row,
      )
        ? `${all} ${row}`
        : `${all} ; ${row}`;
    }, '');
