import type { MathNode } from './node.ts';

/**
 * Whether a node only names what the other side of an equation is: `x`, `x_1`, `f(x)`, `|AB|`,
 * `(p, q)`, `S_{ABC} : S`, `\frac{NO}{BO}`, `\text{Area}`. A product of small letters is no name, `2x` neither.
 */
export function isLabel(node: MathNode): boolean {
  switch (node.type) {
    case 'symbol':
    case 'text':
      return true;
    case 'constant':
      return node.name === 'i' || node.name === 'e';
    case 'call':
      return (
        (node.name.length <= 2 || node.name === 'abs') &&
        node.args.every((arg) => isLabel(arg) || arg.type === 'number')
      );
    case 'ratio':
      return node.parts.every(isLabel);
    case 'bracket':
    case 'list':
      return node.items.every(isLabel);
    case 'multiply': {
      if (isDerivative(node)) return true;
      const names = node.factors.map((factor) => (factor.type === 'power' ? factor.base : factor));
      const capital = names.some((name) => name.type === 'symbol' && /^[A-Z]/.test(name.name));
      const fraction = node.factors.some((factor) => factor.type === 'power');
      return (
        (capital || fraction) &&
        node.factors.every((factor) =>
          isLabel(factor.type === 'power' && isInverse(factor) ? factor.base : factor),
        )
      );
    }
    default:
      return false;
  }
}

const isInverse = (node: MathNode & { type: 'power' }): boolean =>
  node.exponent.type === 'number' && node.exponent.value.numerator === -1n;

/** `\frac{dy}{dx}`: every symbol has its d before it. */
function isDerivative({ factors }: MathNode & { type: 'multiply' }): boolean {
  const flat = factors.flatMap((factor) => {
    const inside = factor.type === 'power' && isInverse(factor) ? factor.base : factor;
    return inside.type === 'multiply' ? inside.factors : [inside];
  });
  return (
    flat.length === 4 &&
    flat.every((f, i) => f.type === 'symbol' && (f.name === 'd') === (i % 2 === 0))
  );
}
