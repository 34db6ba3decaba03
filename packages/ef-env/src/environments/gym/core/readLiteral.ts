/** A value that Python source can write without running anything. */
export type Literal = number | string | boolean | null | Literal[];

/** Deeper lists are refused: no answer needs them. */
const MAX_DEPTH = 50;

/**
 * Reads a Python literal (lists, tuples, strings, numbers), which the reference hands to `eval`.
 * `undefined` for any other text.
 */
export function readLiteral(text: string): Literal | undefined {
  const tokens =
    text.match(
      /'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|-?\d+(?:\.\d+)?|True|False|None|[[\](),]|\S/g,
    ) ?? [];
  let i = 0;
  let depth = 0;
  const items = (close: string): Literal[] | undefined => {
    const list: Literal[] = [];
    while (tokens[i] !== close) {
      const value = item();
      if (value === undefined) return undefined;
      list.push(value);
      if (tokens[i] === ',') i += 1;
      else if (tokens[i] !== close) return undefined;
    }
    i += 1;
    return list;
  };
  const item = (): Literal | undefined => {
    const token = tokens[i++];
    if (token === undefined) return undefined;
    if (token === '[' || token === '(') {
      depth += 1;
      const list = depth > MAX_DEPTH ? undefined : items(token === '[' ? ']' : ')');
      depth -= 1;
      if (token === '[') return list;
      return list?.length === 1 && tokens[i - 2] !== ',' ? list[0] : list;
    }
    if (/^['"]/.test(token)) return token.length > 1 ? token.slice(1, -1) : undefined;
    if (/^-?\d/.test(token)) return /^-?0\d/.test(token) ? undefined : Number(token);
    return { True: true, False: false, None: null }[token];
  };
  const first = item();
  if (first === undefined || i === tokens.length) return first;
  const tuple: Literal[] = [first];
  while (tokens[i] === ',') {
    i += 1;
    if (i === tokens.length) break;
    const value = item();
    if (value === undefined) return undefined;
    tuple.push(value);
  }
  return i === tokens.length ? tuple : undefined;
}

/** How Python prints a literal with `str`. */
export function literalText(value: Literal): string {
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (Array.isArray(value))
    return `[${value.map((v) => (typeof v === 'string' ? `'${v}'` : literalText(v))).join(', ')}]`;
  return `${value}`;
}
