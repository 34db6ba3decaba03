import { addNode, divideNode, type MathNode, multiplyNode, negateNode } from './node.ts';
import { parsePrimary } from './parsePrimary.ts';
import type { TokenStream } from './tokenStream.ts';
import { unitOf } from './units.ts';

/** Signs that end a product. */
const ENDS = /* @__PURE__ */ new Set(
  /* @__PURE__ */ `+ - = < > , ; : & ) ] } \\} \\\\ \\; pm mp le ge ne approx equiv sim cong in notin cup cap setminus and or over to
   Rightarrow Longrightarrow rightarrow implies iff Leftrightarrow land lor wedge vee end pmod pod mod colon not subset subseteq therefore because choose rfloor rceil`.split(
    /\s+/,
  ),
);

/** sum := ['+' | '-' | '±'] product (('+' | '-' | '±') product)* */
export function parseExpression(stream: TokenStream): MathNode {
  return stream.nested(() => {
    const terms: MathNode[] = [];
    for (;;) {
      const left: MathNode | null = sumOf(terms);
      if (left !== null && !stream.at('+', '-', 'pm', 'mp')) return left;
      let minus = false;
      let plusMinus: 1 | -1 | 0 = 0;
      while (stream.at('+', '-', 'pm', 'mp')) {
        const { text } = stream.next();
        if (text === '-') minus = !minus;
        if (text === 'pm') plusMinus = 1;
        if (text === 'mp') plusMinus = -1;
      }
      const term = parseProduct(stream);
      const signed: MathNode = minus ? negateNode(term) : term;
      if (plusMinus === 0) terms.push(signed);
      else
        terms.splice(0, terms.length, { type: 'plus-minus', left, right: signed, sign: plusMinus });
    }
  });
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

/** product := factor (['*' | '/' | '\cdot' | ...] factor)* [unit] */
export function parseProduct(stream: TokenStream): MathNode {
  let left = parseSigned(stream);
  let first = true;
  while (!endsProduct(stream)) {
    const token = stream.peek()!;
    if (token.kind === 'text' || token.kind === 'unit') {
      left = parseUnit(stream, left);
    } else if (
      stream.take('cdot') ||
      stream.take('times') ||
      stream.take('*') ||
      stream.take('ast') ||
      stream.take('bullet')
    ) {
      if (stream.take('*')) left = { type: 'power', base: left, exponent: parseSigned(stream) };
      else left = timesNode(left, parseSigned(stream));
    } else if (stream.take('/') || stream.take('div')) {
      left = divideNode(left, parseSigned(stream));
    } else if (stream.take('bmod')) {
      left = { type: 'call', name: 'mod', args: [left, parseSigned(stream)] };
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
  while (stream.at('-', '+')) if (stream.next().text === '-') minus = !minus;
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
    const fraction = parsePrimary(stream);
    const [numerator, inverse] = fraction.type === 'multiply' ? fraction.factors : [];
    const denominator = inverse?.type === 'power' ? inverse.base : undefined;
    const plain = wholeNumber(numerator) !== null && (wholeNumber(denominator) ?? 0n) > 0n;
    return plain ? addNode(whole, fraction) : multiplyNode(whole, fraction);
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

/** Words after a value: a unit that can be converted is kept, all else only names what is counted. */
function parseUnit(stream: TokenStream, value: MathNode): MathNode {
  const { text } = stream.next();
  let unit = text;
  while (stream.peek()?.kind === 'text' || stream.peek()?.kind === 'unit')
    unit += ` ${stream.next().text}`;
  if (stream.take('/')) {
    if (!endsProduct(stream)) parsePrimary(stream);
    return value;
  }
  if (stream.take('^')) {
    parsePrimary(stream);
    return value;
  }
  if (value.type === 'text' || value.type === 'quantity' || unitOf(unit) === null) return value;
  return { type: 'quantity', value, unit: unit.trim() };
}
