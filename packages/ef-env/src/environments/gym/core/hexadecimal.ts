/** Operators by precedence, loosest first, as Python has them. */
const LEVELS = [['|'], ['^'], ['&'], ['<<', '>>'], ['+', '-'], ['*']];

const APPLY: Record<string, (a: bigint, b: bigint) => bigint> = {
  '|': (a, b) => a | b,
  '^': (a, b) => a ^ b,
  '&': (a, b) => a & b,
  '<<': (a, b) => a << b,
  '>>': (a, b) => a >> b,
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
};

/** The value of a calculation with `+ - * & | ^ << >> ~` on integers of any length; `null` if it is none. */
export function evaluateHexadecimal(text: string): bigint | null {
  const tokens = text.match(/0x[\da-f]+|\d+|<<|>>|[-+*&|^~()]|\S/gi) ?? [];
  let i = 0;
  const level = (n: number): bigint | null => {
    if (n === LEVELS.length) return atom();
    let left = level(n + 1);
    while (left !== null && LEVELS[n]!.includes(tokens[i] ?? '')) {
      const operator = tokens[i++]!;
      const right = level(n + 1);
      const shift = operator === '<<' || operator === '>>';
      if (right === null || (shift && (right < 0n || right > 10_000n))) return null;
      left = APPLY[operator]!(left, right);
    }
    return left;
  };
  const atom = (): bigint | null => {
    const token = tokens[i++] ?? '';
    if (token === '(') {
      const value = level(0);
      return tokens[i++] === ')' ? value : null;
    }
    if (token === '-' || token === '~') {
      const value = atom();
      if (value === null) return null;
      return token === '-' ? -value : ~value;
    }
    return /^(?:0x[\da-f]+|\d+)$/i.test(token) ? BigInt(token) : null;
  };
  const value = level(0);
  return i === tokens.length ? value : null;
}

/** Python's `int(text, 0)`: a sign and a prefix `0x`, `0o` or `0b`; `null` where it throws. */
export function pythonInteger(text: string): bigint | null {
  const match =
    /^([-+]?)(0x_?[\da-f]+(?:_[\da-f]+)*|0o_?[0-7]+(?:_[0-7]+)*|0b_?[01]+(?:_[01]+)*|0+|[1-9]\d*(?:_\d+)*)$/i.exec(
      text.trim(),
    );
  if (match === null) return null;
  const value = BigInt(match[2]!.replaceAll('_', '').toLowerCase());
  return match[1] === '-' ? -value : value;
}

/** Whether the digits of `part` begin those of `whole`. */
export const containsHex = (whole: bigint, part: bigint): boolean =>
  part !== 0n && whole.toString(16).startsWith(part.toString(16));
