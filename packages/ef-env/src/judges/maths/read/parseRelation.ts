import type { MathNode, RelationOperator } from './node.ts';
import { parseExpression } from './parseExpression.ts';
import { parseArgument } from './parsePrimary.ts';
import type { TokenStream } from './tokenStream.ts';

const OPERATORS: Record<string, RelationOperator> = {
  '=': '=', equiv: '=', colon: '=', ne: '!=', '<': '<', '>': '>', le: '<=', ge: '>=', in: 'in', approx: '~', sim: '~', cong: '~', simeq: '~',
}; // biome-ignore format: a table

/** relation := ratio (operator ratio)* ['\pmod' modulus] */
export function parseRelation(stream: TokenStream): MathNode {
  const operands = [parseRatio(stream)];
  const operators: RelationOperator[] = [];
  for (;;) {
    const sign = stream.peek();
    const operator =
      sign !== undefined && sign.kind !== 'text' && Object.hasOwn(OPERATORS, sign.text)
        ? OPERATORS[sign.text]
        : undefined;
    if (operator === undefined) break;
    stream.next();
    operators.push(operator);
    operands.push(parseRatio(stream));
  }
  let node: MathNode =
    operators.length === 0 ? operands[0]! : { type: 'relation', operators, operands };
  if (stream.take('pmod') || stream.take('pod') || stream.take('mod')) {
    const modulus = parseArgument(stream);
    node = { type: 'call', name: 'pmod', args: [node, modulus] };
  }
  return node;
}

/** ratio := sets (':' sets)* */
function parseRatio(stream: TokenStream): MathNode {
  const first = parseSets(stream);
  if (!stream.at(':')) return first;
  const parts = [first];
  while (stream.sets === 0 && stream.at(':') && stream.peek(1) !== undefined) {
    stream.next();
    parts.push(parseSets(stream));
  }
  return parts.length === 1 ? first : { type: 'ratio', parts };
}

const SET_OPERATORS = {
  cup: 'union',
  cap: 'intersection',
  setminus: 'minus',
} as const;

const SET_SIGNS = ['cup', 'cap', 'setminus'];

/** sets := expression (('\cup' | '\cap' | '\setminus') expression)* */
function parseSets(stream: TokenStream): MathNode {
  let left = parseExpression(stream);
  for (;;) {
    const sign = stream.peek();
    if (sign === undefined || !stream.atAny(SET_SIGNS)) return left;
    stream.next();
    const operator = SET_OPERATORS[sign.text as keyof typeof SET_OPERATORS]; // one of the three just tested
    const right = parseExpression(stream);
    left =
      left.type === 'combination' && left.operator === operator && operator !== 'minus'
        ? { ...left, parts: [...left.parts, right] }
        : { type: 'combination', operator, parts: [left, right] };
  }
}
