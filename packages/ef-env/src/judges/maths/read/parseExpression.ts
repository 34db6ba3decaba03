// One file: a sum, its products, mixed numbers and units are read by each other.
import { MathLimit } from '../../../numbers/budget.ts';
import {
  addNode,
  divideNode,
  type MathNode,
  multiplyNode,
  negateNode,
  numberNode,
} from './node.ts';
import { NotMath } from './notMath.ts';
import { parseArgument, parsePrimary } from './parsePrimary.ts';
import type { Token } from './tokenize.ts';
import type { TokenStream } from './tokenStream.ts';
import { unitOf, unitRatio } from './units.ts';

/** Signs that end a product. */
const ENDS = /* @__PURE__ */ new Set(
  /* @__PURE__ */ `+ - = < > , ; : & ) ] } \\} \\\\ \\; pm mp le ge ne approx equiv sim cong in notin cup cap setminus and or over to
   Rightarrow Longrightarrow rightarrow implies iff Leftrightarrow land lor wedge vee end pmod pod mod colon not subset subseteq therefore because choose rfloor rceil`.split(
    /\s+/,
  ),
);

/** `±` and `mod` nest the node one level deeper each time. */
const MAX_NESTED = 20;
const SIGNS = ['+', '-', 'pm', 'mp'];
const SIGNS_OF_FACTORS = ['+', '-'];
const TIMES = ['cdot', 'times', '*', 'ast', 'bullet'];

/** sum := ['+' | '-' | '±'] product (('+' | '-' | '±') product)* */
export function parseExpression(stream: TokenStream): MathNode {
  stream.enter();
  const terms: MathNode[] = [];
  let pairs = 0;
  for (;;) {
    const left: MathNode | null = sumOf(terms);
    if (left !== null && !stream.atAny(SIGNS)) {
      stream.leave();
      return left;
    }
    let minus = false;
    let plusMinus: 1 | -1 | 0 = 0;
    while (stream.atAny(SIGNS)) {
      const { text } = stream.next();
      if (text === '-') minus = !minus;
      if (text === 'pm') plusMinus = 1;
      if (text === 'mp') plusMinus = -1;
    }
    const term = parseProduct(stream);
    const signed: MathNode = minus ? negateNode(term) : term;
    if (plusMinus === 0) terms.push(signed);
    else if (pairs++ > MAX_NESTED) throw new MathLimit('too many signs');
    else {
      // what stands before the sign keeps terms of its own: those of the loop are replaced
      const before = sumOf([...terms]);
      const node: MathNode = { type: 'plus-minus', left: before, right: signed, sign: plusMinus };
      terms.splice(0, terms.length, node);
    }
  }
}

/** One node for the terms read so far; the array stays theirs. */
function sumOf(terms: MathNode[]): MathNode | null {
  if (terms.length <= 1) return terms[0] ?? null;
  return { type: 'add', terms };
}

/** Left times right. A product just read grows in place: nobody else holds it yet. */
function timesNode(left: MathNode, right: MathNode): MathNode {
  if (left.type !== 'multiply') return multiplyNode(left, right);
  left.factors.push(right);
  return left;
}

const endsProduct = (stream: TokenStream): boolean => {
  const token = stream.peek();
  if (token === undefined) return true;
  if (token.kind !== 'mark' && token.kind !== 'command') return false;
  if (token.text === '|') return stream.bars > 0 || stream.sets > 0;
  return ENDS.has(token.text);
};

const endsUnit = (token: Token | undefined): boolean =>
  token === undefined || (token.kind === 'mark' && ENDS.has(token.text));

/** product := factor (['*' | '/' | '\cdot' | ...] factor)* [unit] */
export function parseProduct(stream: TokenStream): MathNode {
  let left = parseSigned(stream);
  let first = true;
  let remainders = 0;
  while (!endsProduct(stream)) {
    const token = stream.peek()!;
    if (namesUnit(token)) {
      left = parseUnit(stream, left);
    } else if (left.type === 'number' && stream.at('Omega') && endsUnit(stream.peek(1))) {
      stream.next(); // ohms
    } else if (stream.atAny(TIMES)) {
      stream.next();
      left = timesNode(left, parseSigned(stream));
    } else if (stream.take('/') || stream.take('div')) {
      left = divideNode(left, parseSigned(stream));
    } else if (stream.take('bmod')) {
      if (remainders++ > MAX_NESTED) throw new MathLimit('too many remainders');
      left = { type: 'call', name: 'mod', args: [left, parseSigned(stream)] };
    } else if (left.type === 'quantity' && token.kind === 'number') {
      stream.enter();
      left = addQuantity(left, parseProduct(stream));
      stream.leave();
    } else {
      left =
        (first ? parseMixedNumber(stream, left) : null) ?? timesNode(left, parsePrimary(stream));
    }
    first = false;
  }
  return left;
}

function parseSigned(stream: TokenStream): MathNode {
  let minus = false;
  while (stream.atAny(SIGNS_OF_FACTORS)) if (stream.next().text === '-') minus = !minus;
  const factor = parsePrimary(stream);
  return minus ? negateNode(factor) : factor;
}

const wholeNumber = (node: MathNode | undefined): bigint | null =>
  node?.type === 'number' &&
  !node.decimal &&
  node.value.denominator === 1n &&
  node.value.numerator >= 0n
    ? node.value.numerator
    : null;

/** `2\frac{4}{7}` and `2 4/7` are sums: a whole number with a fraction of whole numbers after it. */
function parseMixedNumber(stream: TokenStream, whole: MathNode): MathNode | null {
  if (wholeNumber(whole) === null) return null;
  const start = stream.position();
  if (stream.at('frac')) {
    const parsed = parsePrimary(stream);
    const fraction = parsed.type === 'percent' ? parsed.value : parsed;
    const [numerator, inverse] = fraction.type === 'multiply' ? fraction.factors : [];
    const denominator = inverse?.type === 'power' ? inverse.base : undefined;
    const plain = wholeNumber(numerator) !== null && (wholeNumber(denominator) ?? 0n) > 0n;
    if (!plain) return multiplyNode(whole, parsed);
    const mixed = addNode(whole, fraction);
    return parsed.type === 'percent' ? { type: 'percent', value: mixed } : mixed;
  }
  if (stream.peek()?.kind !== 'number' || stream.peek(1)?.text !== '/') return null;
  const numerator = parsePrimary(stream);
  stream.next();
  const denominator = stream.peek()?.kind === 'number' ? parsePrimary(stream) : undefined;
  if (wholeNumber(numerator) === null || wholeNumber(denominator) === null) {
    stream.rewind(start);
    return null;
  }
  return addNode(whole, divideNode(numerator, denominator!));
}

/** `3 ft 2 in` is a sum in the smaller unit; `3 ft` of anything else a product. */
function addQuantity(left: MathNode & { type: 'quantity' }, right: MathNode): MathNode {
  const ratio = right.type === 'quantity' ? unitRatio(left.unit, right.unit) : null;
  if (right.type !== 'quantity' || ratio === null) return multiplyNode(left, right);
  const value = addNode(multiplyNode(left.value, numberNode(ratio)), right.value);
  return { ...right, value };
}

const namesUnit = (token: Token | undefined): boolean =>
  token?.kind === 'text' || token?.kind === 'unit';

/** Words that multiply the number before them. */
const MULTIPLES: Record<string, number> = {
  dozen: 12, hundred: 100, thousand: 1e3, million: 1e6, billion: 1e9, trillion: 1e12,
}; // biome-ignore format: a table

/** Words after a number that deny it or make another of it. */
const DENIES =
  /\b(?:not|wrong|incorrect|or (?:more|less|fewer|greater|higher|lower|above|below)|and (?:above|below|up)|below zero|plus|minus|less than|more than)\b/i;
const UNIT_JOINTS = ['cdot', 'times', '*'];

/** Words after a value: a unit that can be converted is kept, all else only names what is counted. */
function parseUnit(stream: TokenStream, value: MathNode): MathNode {
  const { text } = stream.next();
  if (DENIES.test(text)) throw new NotMath('the words change the value');
  const [first = '', ...others] = text.trim().split(/\s+/);
  const factor = Object.hasOwn(MULTIPLES, first.toLowerCase())
    ? MULTIPLES[first.toLowerCase()]!
    : null;
  if (factor !== null) {
    if (others.length > 0) stream.unread({ kind: 'text', text: others.join(' ') });
    return multiplyNode(value, numberNode(factor));
  }
  let unit = text;
  while (namesUnit(stream.peek()) || (stream.atAny(UNIT_JOINTS) && namesUnit(stream.peek(1)))) {
    if (!namesUnit(stream.peek())) stream.next();
    unit += ` ${stream.next().text}`;
  }
  const raised = stream.take('^');
  if (raised) parseArgument(stream);
  if (stream.take('/')) {
    if (!endsProduct(stream)) parsePrimary(stream);
    return value;
  }
  if (raised) return namesUnit(stream.peek()) ? parseUnit(stream, value) : value;
  if (value.type === 'text' || value.type === 'quantity' || unitOf(unit) === null) return value;
  return { type: 'quantity', value, unit: unit.trim() };
}
