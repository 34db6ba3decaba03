import { decimalNode, divideNode, type MathNode } from './node.ts';
import { NotMath } from './notMath.ts';
import type { TokenStream } from './tokenStream.ts';

/** What stands between delimiters, the opening one being read already. */
export function parseDelimited(stream: TokenStream, open: string): MathNode {
  const outside = { bars: stream.bars, sets: stream.sets };
  stream.bars = open === '|' ? 1 : 0;
  stream.sets = open === '\\{' ? 1 : 0;
  const node = parseInside(stream, open);
  stream.bars = outside.bars;
  stream.sets = outside.sets;
  return node;
}

function parseInside(stream: TokenStream, open: string): MathNode {
  switch (open) {
    case '{':
      return parseGroup(stream);
    case '(':
    case '[': {
      const items = parseItems(stream, ')', ']');
      const close = stream.next().text as ')' | ']'; // parseItems stops at one of the two
      if (items.length === 1 && (open === '(') === (close === ')')) return items[0]!;
      return { type: 'bracket', open, close, items };
    }
    case '\\{': {
      const items = parseItems(stream, '\\}', '|', ':', 'colon');
      if (stream.take('\\}')) return { type: 'set', items };
      stream.next();
      const condition = parseItems(stream, '\\}');
      stream.expect('\\}');
      return condition.length === 1 ? condition[0]! : { type: 'list', items: condition };
    }
    case '|': {
      const inside = stream.grammar.relation(stream);
      stream.expect('|');
      return { type: 'call', name: 'abs', args: [inside] };
    }
    default:
      throw new NotMath(`'${open}' stands where a value should`);
  }
}

/** `{...}`: one expression, `{a \over b}`, or a list. */
function parseGroup(stream: TokenStream): MathNode {
  const [first, second] = [stream.peek(), stream.peek(1)];
  if (first?.kind === 'number' && second?.kind === 'mark' && second.text === '}') {
    stream.next();
    stream.next();
    return decimalNode(first.text);
  }
  const items = parseItems(stream, '}', 'over', 'choose');
  if (items.length === 0) throw new NotMath('an empty group');
  const node: MathNode = items.length === 1 ? items[0]! : { type: 'list', items };
  if (stream.at('over') || stream.at('choose')) {
    const { text } = stream.next();
    const below = stream.grammar.relation(stream);
    stream.expect('}');
    return text === 'over'
      ? divideNode(node, below)
      : { type: 'call', name: 'binomial', args: [node, below] };
  }
  stream.expect('}');
  return node;
}

const JOINTS = [',', ';', 'and', 'or'];

/** Items separated by commas, semicolons or 'and', up to one of `closers` (not read). */
export function parseItems(stream: TokenStream, ...closers: string[]): MathNode[] {
  const items: MathNode[] = [];
  while (!stream.atAny(closers)) {
    if (stream.atAny(JOINTS)) {
      stream.next();
      continue;
    }
    items.push(stream.grammar.relation(stream));
    if (!stream.atAny(closers) && !stream.atAny(JOINTS))
      throw new NotMath('a bracket is not closed');
  }
  return items;
}
