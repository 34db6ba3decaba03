import { equalRationals } from '../../../numbers/rational.ts';
import { childrenOf, type MathNode } from '../read/node.ts';

/** Whether two answers were read as the very same thing: most right answers are. */
export function sameNode(a: MathNode, b: MathNode): boolean {
  if (a.type === 'number' && b.type === 'number') return equalRationals(a.value, b.value);
  if (a.type !== b.type || ownText(a) !== ownText(b)) return false;
  const [left, right] = [childrenOf(a), childrenOf(b)];
  return left.length === right.length && left.every((child, i) => sameNode(child, right[i]!));
}

/** What a node says besides its children. */
function ownText(node: MathNode): string {
  switch (node.type) {
    case 'symbol':
    case 'constant':
    case 'call':
      return node.name;
    case 'big':
      return `${node.name} ${node.below === null} ${node.above === null}`;
    case 'text':
      return node.text;
    case 'quantity':
      return node.unit;
    case 'based':
      return `${node.digits} ${node.base}`;
    case 'bracket':
      return node.open + node.close;
    case 'combination':
      return node.operator;
    case 'relation':
      return node.operators.join(' ');
    case 'plus-minus':
      return `${node.sign} ${node.left === null}`;
    case 'matrix':
      return node.rows.map((row) => row.length).join(' ');
    default:
      return '';
  }
}
