import ts from 'typescript';

/** A value as written in a comment: numbers keep their text, because it says how exact they are. */
export type DocLiteral =
  | { readonly kind: 'number'; readonly value: number; readonly tolerance: number }
  | { readonly kind: 'value'; readonly value: string | boolean | null | undefined }
  | { readonly kind: 'list'; readonly type: string | null; readonly items: readonly DocLiteral[] }
  | { readonly kind: 'object'; readonly entries: readonly (readonly [string, DocLiteral])[] };

/**
 * Reads the text of a `// value` comment, or gives `null` when it is prose.
 *
 * Literals are numbers, strings, `true`, `false`, `null`, `undefined`, `NaN`, `Infinity`, arrays and
 * objects of them, and typed arrays written as `Float32Array [1, 2]`. A number written with decimals
 * stands for everything that rounds to it; a whole number for itself (1e-6 relative, as float32 needs).
 *
 * @example
 * parseDocLiteral('about 4'); // null
 */
export function parseDocLiteral(text: string): DocLiteral | null {
  const body = text.trim().replace(/^(=>|->|=)\s*/, '');
  if (body === '') return null;
  const typed = /^([A-Z]\w*Array)\s*(?:\(\d+\)\s*)?(\[[\s\S]*\])$/.exec(body);
  const source = ts.createSourceFile(
    'x.ts',
    `(${typed?.[2] ?? body});`,
    ts.ScriptTarget.ES2022,
    true,
  );
  const statement = source.statements[0];
  const { parseDiagnostics } = source as unknown as { parseDiagnostics: unknown[] }; // internal, but the only way to see syntax errors without a program
  if (source.statements.length !== 1 || parseDiagnostics.length > 0) return null;
  if (statement === undefined || !ts.isExpressionStatement(statement)) return null;
  if (!ts.isParenthesizedExpression(statement.expression)) return null;
  return literalOf(statement.expression.expression, typed?.[1] ?? null);
}

function literalOf(node: ts.Expression, type: string | null = null): DocLiteral | null {
  if (ts.isArrayLiteralExpression(node)) {
    const items = node.elements.map((element) => literalOf(element));
    return items.some((item) => item === null)
      ? null
      : { kind: 'list', type, items: items as DocLiteral[] };
  }
  if (ts.isObjectLiteralExpression(node)) return objectOf(node);
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node))
    return { kind: 'value', value: node.text };
  if (ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.MinusToken) {
    const inner = literalOf(node.operand);
    return inner?.kind === 'number' ? { ...inner, value: -inner.value } : null;
  }
  if (ts.isNumericLiteral(node)) return numberOf(node.getText());
  const words: Record<string, DocLiteral> = {
    true: { kind: 'value', value: true },
    false: { kind: 'value', value: false },
    null: { kind: 'value', value: null },
    undefined: { kind: 'value', value: undefined },
    NaN: { kind: 'number', value: Number.NaN, tolerance: 0 },
    Infinity: { kind: 'number', value: Number.POSITIVE_INFINITY, tolerance: 0 },
  };
  return words[node.getText()] ?? null;
}

function objectOf(node: ts.ObjectLiteralExpression): DocLiteral | null {
  const entries: [string, DocLiteral][] = [];
  for (const property of node.properties) {
    if (!ts.isPropertyAssignment(property)) return null;
    const { name } = property;
    const key = ts.isStringLiteral(name) || ts.isIdentifier(name) ? name.text : null;
    const value = literalOf(property.initializer);
    if (key === null || value === null) return null;
    entries.push([key, value]);
  }
  return { kind: 'object', entries };
}

function numberOf(text: string): DocLiteral {
  const value = Number(text.replaceAll('_', ''));
  const [, decimals = '', exponent = '0'] = /^\d*\.?(\d*)(?:e([+-]?\d+))?$/i.exec(text) ?? [];
  const written = 0.5 * 10 ** (Number(exponent) - decimals.length);
  const isRounded = decimals !== '' || exponent !== '0';
  return {
    kind: 'number',
    value,
    tolerance: isRounded ? written * 1.001 : 1e-6 * Math.max(1, value),
  };
}

/**
 * Why `actual` is not what the comment says, or `null` when it is. A tensor is compared by its values.
 *
 * @example
 * differs({ kind: 'number', value: 0.87, tolerance: 0.005 }, 0.8659); // null
 */
export function differs(expected: DocLiteral, actual: unknown, path = 'value'): string | null {
  if (expected.kind === 'number') {
    const isSame =
      typeof actual === 'number' &&
      (Object.is(actual, expected.value) ||
        Math.abs(actual - expected.value) <= expected.tolerance);
    return isSame ? null : `${path} is ${show(actual)}, the comment says ${expected.value}`;
  }
  if (expected.kind === 'value')
    return Object.is(actual, expected.value)
      ? null
      : `${path} is ${show(actual)}, the comment says ${show(expected.value)}`;
  if (expected.kind === 'object') {
    if (typeof actual !== 'object' || actual === null)
      return `${path} is ${show(actual)}, not an object`;
    const record = actual as Record<string, unknown>; // any object may be read by key
    for (const [key, value] of expected.entries) {
      const fault = differs(value, record[key], `${path}.${key}`);
      if (fault !== null) return fault;
    }
    return null;
  }
  return differsFromList(expected, actual, path);
}

function differsFromList(
  expected: DocLiteral & { kind: 'list' },
  actual: unknown,
  path: string,
): string | null {
  const isList = Array.isArray(actual) || ArrayBuffer.isView(actual);
  if (!isList) return `${path} is ${show(actual)}, not a list`;
  const type = (actual as object).constructor.name;
  if (expected.type !== null && type !== expected.type)
    return `${path} is a ${type}, the comment says ${expected.type}`;
  const items = Array.from(actual as ArrayLike<unknown>); // checked above
  if (items.length !== expected.items.length)
    return `${path} has ${items.length} items, the comment ${expected.items.length}: ${show(actual)}`;
  for (const [i, item] of expected.items.entries()) {
    const fault = differs(item, items[i], `${path}[${i}]`);
    if (fault !== null) return fault;
  }
  return null;
}

function show(value: unknown): string {
  if (ArrayBuffer.isView(value))
    return `${value.constructor.name} [${Array.from(value as unknown as ArrayLike<number>).join(', ')}]`; // DataView never occurs here
  return JSON.stringify(value) ?? String(value);
}
