import { type Rational, rational, rationalFromDecimal } from '../../../numbers/rational.ts';

/** How two sides of a relation are joined. */
export type RelationOperator = '=' | '!=' | '<' | '>' | '<=' | '>=' | 'in' | '~';

/** What an answer can be: an expression, or something made of expressions. */
export type MathNode =
  /** `decimal`: written with a point, so it may be rounded. */
  | { type: 'number'; value: Rational; decimal: boolean }
  | { type: 'symbol'; name: string }
  | { type: 'constant'; name: 'pi' | 'e' | 'i' | 'infinity' }
  | { type: 'add'; terms: MathNode[] }
  | { type: 'multiply'; factors: MathNode[] }
  | { type: 'power'; base: MathNode; exponent: MathNode }
  /** `sin`, `log` (base first), `abs`, `factorial`, `binomial`, ... or an unknown function. */
  | { type: 'call'; name: string; args: MathNode[] }
  /** `sum`, `product`, `integral`, `limit`: what stands below, above and after the sign. */
  | { type: 'big'; name: string; below: MathNode | null; above: MathNode | null; body: MathNode }
  | { type: 'plus-minus'; left: MathNode | null; right: MathNode; sign: 1 | -1 }
  | { type: 'percent'; value: MathNode }
  | { type: 'degrees'; value: MathNode }
  | { type: 'quantity'; value: MathNode; unit: string }
  | { type: 'based'; digits: string; base: number }
  | { type: 'ratio'; parts: MathNode[] }
  | { type: 'matrix'; rows: MathNode[][] }
  /** Tuple or interval: only a comparison can tell. */
  | { type: 'bracket'; open: '(' | '['; close: ')' | ']'; items: MathNode[] }
  | { type: 'set'; items: MathNode[] }
  /** Items joined by commas, 'and' or 'or' without brackets. */
  | { type: 'list'; items: MathNode[]; or?: boolean }
  | { type: 'combination'; operator: 'union' | 'intersection' | 'minus'; parts: MathNode[] }
  | { type: 'relation'; operators: RelationOperator[]; operands: MathNode[] }
  | { type: 'text'; text: string };

export const numberNode = (value: bigint | number | Rational, decimal = false): MathNode => ({
  type: 'number',
  value: typeof value === 'object' ? value : rational(value),
  decimal,
});

/** A number as it is written; with a point it may be rounded. */
export const decimalNode = (text: string): MathNode =>
  numberNode(rationalFromDecimal(text), text.includes('.'));

export const symbolNode = (name: string): MathNode => ({ type: 'symbol', name });

export const negateNode = (node: MathNode): MathNode =>
  node.type === 'number'
    ? numberNode(
        { numerator: -node.value.numerator, denominator: node.value.denominator },
        node.decimal,
      )
    : { type: 'multiply', factors: [numberNode(-1), node] };

export const addNode = (left: MathNode, right: MathNode): MathNode => ({
  type: 'add',
  terms: [...(left.type === 'add' ? left.terms : [left]), right],
});

export const multiplyNode = (left: MathNode, right: MathNode): MathNode => ({
  type: 'multiply',
  factors: [...(left.type === 'multiply' ? left.factors : [left]), right],
});

export const divideNode = (left: MathNode, right: MathNode): MathNode =>
  multiplyNode(left, { type: 'power', base: right, exponent: numberNode(-1) });

/** The nodes directly inside a node. */
export function childrenOf(node: MathNode): MathNode[] {
  switch (node.type) {
    case 'add':
      return node.terms;
    case 'multiply':
      return node.factors;
    case 'power':
      return [node.base, node.exponent];
    case 'call':
      return node.args;
    case 'big':
      return [node.below, node.above, node.body].filter((child) => child !== null);
    case 'plus-minus':
      return node.left === null ? [node.right] : [node.left, node.right];
    case 'percent':
    case 'degrees':
    case 'quantity':
      return [node.value];
    case 'ratio':
    case 'combination':
      return node.parts;
    case 'matrix':
      return node.rows.flat();
    case 'bracket':
    case 'set':
    case 'list':
      return node.items;
    case 'relation':
      return node.operands;
    default:
      return [];
  }
}

/** A copy of a node with the nodes directly inside it replaced; a node without any as it is. */
export function mapChildren(node: MathNode, replace: (child: MathNode) => MathNode): MathNode {
  switch (node.type) {
    case 'add':
      return { ...node, terms: node.terms.map(replace) };
    case 'multiply':
      return { ...node, factors: node.factors.map(replace) };
    case 'power':
      return { ...node, base: replace(node.base), exponent: replace(node.exponent) };
    case 'call':
      return { ...node, args: node.args.map(replace) };
    case 'big':
      return {
        ...node,
        below: node.below && replace(node.below),
        above: node.above && replace(node.above),
        body: replace(node.body),
      };
    case 'plus-minus':
      return { ...node, left: node.left && replace(node.left), right: replace(node.right) };
    case 'percent':
    case 'degrees':
    case 'quantity':
      return { ...node, value: replace(node.value) };
    case 'ratio':
    case 'combination':
      return { ...node, parts: node.parts.map(replace) };
    case 'matrix':
      return { ...node, rows: node.rows.map((row) => row.map(replace)) };
    case 'bracket':
    case 'set':
    case 'list':
      return { ...node, items: node.items.map(replace) };
    case 'relation':
      return { ...node, operands: node.operands.map(replace) };
    default:
      return node;
  }
}

/** Whether `test` holds for the node or anything inside it. */
export const someNode = (node: MathNode, test: (node: MathNode) => boolean): boolean =>
  test(node) || childrenOf(node).some((child) => someNode(child, test));
