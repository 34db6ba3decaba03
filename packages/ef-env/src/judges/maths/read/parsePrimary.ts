// One file: atoms, arguments, functions and scripts of a formula are read by each other.

import { MathLimit } from '../../../numbers/budget.ts';
import { wordSet } from '../../../text/wordSet.ts';
import { BARE_LOG } from './logReadings.ts';
import {
  decimalNode,
  divideNode,
  type MathNode,
  multiplyNode,
  numberNode,
  symbolNode,
} from './node.ts';
import { NotMath } from './notMath.ts';
import { parseDelimited } from './parseDelimited.ts';
import { parseMatrix } from './parseMatrix.ts';
import { readGroupText } from './readGroupText.ts';
import type { TokenStream } from './tokenStream.ts';

const FUNCTIONS = /* @__PURE__ */ wordSet(
  'sin cos tan cot sec csc arcsin arccos arctan arccot cis sinh cosh tanh log ln lg exp abs floor ceil gcd lcm max min det arg deg Re Im sgn',
);
/** Functions of any number of values. */
const OF_SEVERAL = /* @__PURE__ */ new Set(['gcd', 'lcm', 'max', 'min']);
const BIG: Record<string, string> = {
  sum: 'sum',
  prod: 'product',
  int: 'integral',
  iint: 'integral',
  oint: 'integral',
  lim: 'limit',
};
const USER_FUNCTIONS = new Set(['f', 'g', 'h']);

/** Each nests the node one level deeper. */
const MAX_POSTFIXES = 20;
const POSTFIXES = ['^', '!', '\\%', '%', 'percent', 'circ', '_'];

/** primary := atom postfix*, where postfix is '^', '_', '!', '%', a degree sign or a prime. */
export function parsePrimary(stream: TokenStream): MathNode {
  stream.enter();
  let node = parseAtom(stream);
  for (let count = 0; ; count++) {
    if (!stream.atAny(POSTFIXES)) {
      stream.leave();
      return node;
    }
    if (count > MAX_POSTFIXES) throw new MathLimit('too many postfixes');
    if (stream.take('^')) node = { type: 'power', base: node, exponent: parseArgument(stream) };
    else if (stream.take('!')) node = { type: 'call', name: 'factorial', args: [node] };
    else if (stream.take('\\%') || stream.take('%') || stream.take('percent'))
      node = { type: 'percent', value: node };
    else if (stream.take('circ')) node = degrees(stream, node);
    else node = parseSubscript(stream, node);
  }
}

/** `30^\circ`, and `30^\circ C` with its scale. */
function degrees(stream: TokenStream, value: MathNode): MathNode {
  const scale = stream.peek()?.text.trim();
  if (scale !== 'C' && scale !== 'F') return { type: 'degrees', value };
  stream.next();
  return { type: 'quantity', value, unit: scale === 'C' ? 'celsius' : 'fahrenheit' };
}

function parseAtom(stream: TokenStream): MathNode {
  const token = stream.next();
  switch (token.kind) {
    case 'number':
      return decimalNode(token.text);
    case 'letter':
      return parseLetter(stream, token.text);
    case 'unit':
    case 'text':
      return parseText(stream, token.text);
    case 'command':
      return parseCommand(stream, token.text);
    default:
      return parseDelimited(stream, token.text);
  }
}

function parseLetter(stream: TokenStream, letter: string): MathNode {
  let name = letter;
  while (
    stream.take("'") ||
    (stream.at('^') && stream.peek(1)?.text === 'prime' && stream.take('^') && stream.take('prime'))
  )
    name += "'";
  if (stream.at('_')) return parseSubscript(stream, symbolNode(name));
  if (stream.at('(') && (USER_FUNCTIONS.has(letter) || isDefinition(stream))) {
    stream.next();
    const inside = parseDelimited(stream, '(');
    return { type: 'call', name, args: inside.type === 'bracket' ? inside.items : [inside] };
  }
  if (name === 'e' || name === 'i') return { type: 'constant', name };
  return symbolNode(name);
}

/** Whether `(x) =` follows: the letter before it names a function. */
const isDefinition = (stream: TokenStream): boolean =>
  stream.peek(1)?.kind === 'letter' && stream.peek(2)?.text === ')' && stream.peek(3)?.text === '=';

/** Words that may stand before a number without changing it; all others may (`at least 2`, `June 2`). */
const INTRODUCES =
  /(?:[:=]|\b(?:is|are|was|were|be|equals?|gives?|get|answers?|solutions?|result|value|total|sum|exactly|about|approximately|roughly|around|only|just|precisely|namely|therefore|thus|hence|so|USD|US|EUR|GBP|INR|Rs))\.?\s*$/i;
const CHANGES =
  /\b(?:not|except|but|least|most|more|less|fewer|greater|than|over|under|above|below|between|half|twice|double|negative|minus|multiples?|any|all|no)\b/i;
const STARTS = ['frac', 'sqrt', 'pi', '(', '\\{'];
const SIGNS = ['-', '+', 'pm', 'mp'];

/** Text before a formula introduces it (`\text{The answer is } 5`); alone it is the answer. */
function parseText(stream: TokenStream, text: string): MathNode {
  const next = stream.peek();
  if (next?.kind === 'letter' || stream.atAny(STARTS)) {
    if (CHANGES.test(text)) throw new NotMath('the words change the value');
    return stream.grammar.product(stream);
  }
  if (next?.kind === 'number' && !INTRODUCES.test(text))
    throw new NotMath('the words may change the value');
  if (next?.kind === 'number' || (INTRODUCES.test(text) && stream.atAny(SIGNS)))
    return stream.grammar.product(stream);
  let all = text;
  while (stream.peek()?.kind === 'text') all += ` ${stream.next().text}`;
  return { type: 'text', text: all };
}

function parseCommand(stream: TokenStream, name: string): MathNode {
  if (FUNCTIONS.has(name)) return parseFunction(stream, name);
  if (Object.hasOwn(BIG, name)) return parseBig(stream, BIG[name]!);
  switch (name) {
    case 'frac': {
      const [numerator, denominator] = parseTwoArguments(stream);
      return divideNode(numerator, denominator);
    }
    case 'binom': {
      const [n, k] = parseTwoArguments(stream);
      return { type: 'call', name: 'binomial', args: [n, k] };
    }
    case 'sqrt': {
      let index: MathNode = numberNode(2);
      if (stream.take('[')) {
        index = stream.grammar.expression(stream);
        stream.expect(']');
      }
      const radicand = parseArgument(stream);
      return { type: 'power', base: radicand, exponent: divideNode(numberNode(1), index) };
    }
    case 'pi':
      return { type: 'constant', name: 'pi' };
    case 'infty':
      return { type: 'constant', name: 'infinity' };
    case 'emptyset':
    case 'varnothing':
      return { type: 'set', items: [] };
    case 'mathbb':
      return symbolNode(`\\mathbb{${readGroupText(stream)}}`);
    case 'begin':
      return parseMatrix(stream);
    case 'lfloor':
    case 'lceil': {
      const inside = stream.grammar.expression(stream);
      stream.expect(name === 'lfloor' ? 'rfloor' : 'rceil');
      return { type: 'call', name: name === 'lfloor' ? 'floor' : 'ceil', args: [inside] };
    }
    case 'and':
    case 'or':
    case 'over':
    case 'end':
    case 'rfloor':
    case 'rceil':
      throw new NotMath(`'${name}' stands where a value should`);
    default: {
      const symbol = symbolNode(`\\${name}`);
      return stream.at('_') ? parseSubscript(stream, symbol) : symbol;
    }
  }
}

/** What follows `\frac` or `\binom`: groups or single digits, `\frac46` being 4/6. */
function parseTwoArguments(stream: TokenStream): [MathNode, MathNode] {
  const one = (): MathNode => {
    const token = stream.peek();
    if (token?.kind !== 'number' || !/^\d{2,}$/.test(token.text)) return parseArgument(stream);
    stream.next();
    stream.unread({ ...token, text: token.text.slice(1) });
    return numberNode(BigInt(token.text[0]!));
  };
  if (stream.at('(')) {
    // plain text: frac(1,2)
    stream.next();
    const inside = parseDelimited(stream, '(');
    if (inside.type === 'bracket' && inside.items.length === 2)
      return [inside.items[0]!, inside.items[1]!];
    return [inside, parseArgument(stream)];
  }
  const numerator = one();
  return [numerator, one()];
}

/** The argument of `^`, `\sqrt` or `\frac`: a group, or one atom with its sign. */
export function parseArgument(stream: TokenStream): MathNode {
  if (stream.take('-')) return multiplyNode(numberNode(-1), parseAtom(stream));
  stream.take('+');
  stream.enter();
  const atom = parseAtom(stream);
  stream.leave();
  return atom;
}

function parseFunction(stream: TokenStream, name: string): MathNode {
  let base: MathNode | null = null;
  let power: MathNode | null = null;
  for (;;) {
    if (stream.take('_')) base = parseArgument(stream);
    else if (stream.take('^')) power = parseArgument(stream);
    else break;
  }
  if (stream.at('=')) return symbolNode(name); // a label: `\\text{min} = 42`
  const inverse = power !== null && power.type !== 'constant' && isMinusOne(power);
  const fullName = inverse ? `arc${name}` : name;
  const args = parseFunctionArguments(stream);
  if (args.length === 0 || (args.length > 1 && !OF_SEVERAL.has(name)))
    throw new NotMath(`${name} of ${args.length} values`);
  let call: MathNode = {
    type: 'call',
    name: fullName === 'ln' || fullName === 'lg' ? 'log' : fullName,
    args,
  };
  if (name === 'log') call = { ...call, name: BARE_LOG };
  if (name === 'log' && base !== null) call = { type: 'call', name: 'log', args: [base, ...args] };
  if (name === 'lg') call = { type: 'call', name: 'log', args: [numberNode(10), ...args] };
  if (name === 'exp')
    call = { type: 'power', base: { type: 'constant', name: 'e' }, exponent: args[0]! };
  return power === null || inverse ? call : { type: 'power', base: call, exponent: power };
}

const isMinusOne = (node: MathNode): boolean =>
  node.type === 'number' && node.value.numerator === -1n && node.value.denominator === 1n;

function parseFunctionArguments(stream: TokenStream): MathNode[] {
  if (stream.at('(') || stream.at('{')) {
    const inside = parseDelimited(stream, stream.next().text);
    return inside.type === 'bracket' || inside.type === 'list' ? inside.items : [inside];
  }
  let argument = stream.at('-') ? parseArgument(stream) : parsePrimary(stream);
  for (;;) {
    const token = stream.peek();
    const continues =
      token !== undefined &&
      (token.kind === 'number' ||
        token.kind === 'letter' ||
        (token.kind === 'command' &&
          ['pi', 'theta', 'alpha', 'beta', 'frac', 'sqrt', 'phi'].includes(token.text)));
    if (!continues) break;
    argument = multiplyNode(argument, parsePrimary(stream));
  }
  if (stream.at('/') && stream.peek(1)?.kind === 'number') {
    stream.next();
    argument = divideNode(argument, parsePrimary(stream));
  }
  return [argument];
}

function parseBig(stream: TokenStream, name: string): MathNode {
  let below: MathNode | null = null;
  let above: MathNode | null = null;
  for (;;) {
    if (stream.take('_')) below = parseRange(stream);
    else if (stream.take('^')) above = parseArgument(stream);
    else break;
  }
  return { type: 'big', name, below, above, body: stream.grammar.product(stream) };
}

/** `k=0`, `x \to 0`, or a plain expression. */
function parseRange(stream: TokenStream): MathNode {
  if (!stream.take('{')) return parseArgument(stream);
  const left = stream.grammar.expression(stream);
  if (stream.take('=') || stream.take('to') || stream.take('rightarrow') || stream.take('in')) {
    const right = stream.grammar.expression(stream);
    stream.expect('}');
    return { type: 'relation', operators: ['='], operands: [left, right] };
  }
  stream.expect('}');
  return left;
}

function parseSubscript(stream: TokenStream, node: MathNode): MathNode {
  stream.expect('_');
  const text = readGroupText(stream);
  if (node.type === 'number' && /^\d+$|^[a-z]+$/.test(text)) {
    const { numerator, denominator } = node.value;
    if (denominator === 1n && /^\d{1,2}$/.test(text))
      return { type: 'based', digits: `${numerator}`, base: Number(text) };
  }
  if (node.type === 'symbol') return symbolNode(`${node.name}_${text}`);
  if (node.type === 'constant') return symbolNode(`${node.name}_${text}`);
  return node;
}
