import { type Budget, withinLimits } from '../../../numbers/budget.ts';
import { type MathNode, numberNode } from './node.ts';
import { normalizeLatex } from './normalizeLatex.ts';
import { NotMath } from './notMath.ts';
import { parseExpression, parseProduct } from './parseExpression.ts';
import { parseRelation } from './parseRelation.ts';
import { type TokenizeOptions, tokenize } from './tokenize.ts';
import { createTokenStream, type Grammar, type TokenStream } from './tokenStream.ts';
import { unitsAsText } from './units.ts';

const GRAMMAR: Grammar = {
  relation: parseRelation,
  expression: parseExpression,
  product: parseProduct,
};

/** A number in a base that needs letters: `2A_{16}`. */
const DIGITS_AND_LETTERS =
  /^((?=.*[A-Za-z])\d[\dA-Za-z]{0,40}|[A-F]{2,40})_\{?(1[1-9]|2\d|3[0-6])\}?$/;

/** Longer answers are compared as text. */
const MAX_LENGTH = 20_000;

/**
 * Every reading of an answer: one, or two where `5,100` or `1,5` can be a number or a list.
 * An empty list where the text is no formula, or one too large to read.
 */
export function parseMath(
  text: string,
  budget: Budget,
  options: { decimalComma?: boolean } = {},
): MathNode[] {
  if (text.length > MAX_LENGTH) return [];
  const { decimalComma = false } = options;
  if (/^-?\d{1,30}$/.test(text)) return [numberNode(BigInt(text))]; // most answers are integers
  const source = lastStep(normalizeLatex(text.includes('\\') ? text : unitsAsText(text.trim())));
  const grouped = /[1-9]\d{0,2},\d{3}(?!\d)/.test(source);
  const comma = decimalComma && /\d,\d/.test(source);
  const readings = [parseReading(source, budget, { thousands: true, decimalComma })];
  if (grouped || comma) {
    readings.push(parseReading(source, budget, { thousands: !grouped, decimalComma: false }));
  }
  return readings.filter((node) => node !== null);
}

/** Of `a \Rightarrow b` only b is the answer. */
function lastStep(source: string): string {
  if (!source.includes('\\')) return source;
  const parts = source.split(
    /\\(?:Rightarrow|Longrightarrow|implies|therefore|iff|Leftrightarrow)(?![a-zA-Z])/,
  );
  return parts.findLast((part) => part.trim() !== '') ?? source;
}

function parseReading(source: string, budget: Budget, options: TokenizeOptions): MathNode | null {
  try {
    return withinLimits(() => {
      const based = source.includes('_') ? DIGITS_AND_LETTERS.exec(source) : null;
      if (based !== null)
        return { type: 'based', digits: based[1]!.toUpperCase(), base: Number(based[2]) };
      const tokens = tokenize(source, options, budget);
      while (tokens.length > 0 && /^(\.|,|;|:|and|or|\\\\)$/.test(tokens.at(-1)!.text))
        tokens.pop();
      if (/^(?:=|approx|sim)$/.test(tokens[0]?.text ?? '')) tokens.shift();
      if (tokens.length === 0) return null;
      return parseList(createTokenStream(tokens, budget, GRAMMAR));
    });
  } catch (error) {
    if (error instanceof NotMath) return null;
    throw error;
  }
}

const JOINTS = [',', ';', 'and', 'or'];

/** list := relation ((',' | ';' | 'and' | 'or') relation)* */
function parseList(stream: TokenStream): MathNode {
  const items: MathNode[] = [];
  const marks: string[] = [];
  let or = false;
  while (stream.peek() !== undefined) {
    items.push(parseRelation(stream));
    let mark = '';
    while (stream.atAny(JOINTS)) {
      const { text } = stream.next();
      mark = text === ',' && mark !== '' ? mark : text;
      if (text === 'or') [mark, or] = ['and', true];
    }
    if (stream.peek() === undefined) break;
    if (mark === '') throw new NotMath(`'${stream.peek()!.text}' is left over`);
    marks.push(mark);
  }
  if (items.length === 1) return items[0]!;
  return { type: 'list', items: groupItems(items, marks), or };
}

/** `p=5,q=2; p=7,q=2` is two pairs: groups of one size > 1, joined by a stronger mark than the comma. */
function groupItems(items: MathNode[], marks: string[]): MathNode[] {
  const strong = marks.includes(';') ? ';' : 'and';
  if (!marks.includes(',') || !marks.includes(strong)) return items;
  const groups: MathNode[][] = [[items[0]!]];
  marks.forEach((mark, i) => {
    if (mark === strong) groups.push([]);
    groups.at(-1)!.push(items[i + 1]!);
  });
  const size = groups[0]!.length;
  const labelled = items.every(
    (item) => item.type === 'relation' && item.operators.every((o) => o === '='),
  );
  if (size < 2 || groups.some((group) => group.length !== size) || (strong === 'and' && !labelled))
    return items;
  return groups.map((group) => ({ type: 'bracket', open: '(', close: ')', items: group }));
}
