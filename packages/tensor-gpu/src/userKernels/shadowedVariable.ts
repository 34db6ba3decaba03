import { type AnyNode, type Pattern, parse } from 'acorn';

/** Names declared so far, from the kernel's own scope to the innermost. */
type Scopes = readonly Set<string>[];

/**
 * The first variable of a function's source text that hides another one of the same name, or null. gpu.js's WebAssembly
 * mode gives both one place, so that the inner one overwrites the outer one.
 *
 * @throws {SyntaxError} if the text is no JavaScript.
 */
export function shadowedVariable(source: string): string | null {
  const found: string[] = [];
  visit(parse(source, { ecmaVersion: 'latest' }), [], found);
  return found[0] ?? null;
}

/** Nodes that open a scope for `let` and `const`. */
const SCOPES = [
  'BlockStatement',
  'ForStatement',
  'ForInStatement',
  'ForOfStatement',
  'SwitchStatement',
  'CatchClause',
];

function visit(node: AnyNode, outer: Scopes, found: string[]): void {
  const isFunction = 'params' in node;
  const scopes =
    isFunction || SCOPES.includes(node.type) ? [...outer, new Set(declaredIn(node))] : outer;
  const own = scopes.length > outer.length ? [...(scopes.at(-1) ?? [])] : [];
  for (const name of own) if (outer.some((scope) => scope.has(name))) found.push(name);
  for (const child of children(node)) visit(child, scopes, found);
}

/** Names that a scope declares itself: parameters, `var` of the whole function, `let` and `const` of the block. */
function declaredIn(node: AnyNode): string[] {
  if ('params' in node) return [...node.params.flatMap(namesOf), ...varsIn(node.body)];
  if (node.type === 'CatchClause') return node.param ? namesOf(node.param) : [];
  const statements =
    node.type === 'SwitchStatement' ? node.cases.flatMap((one) => one.consequent) : children(node);
  return statements.flatMap((statement) => {
    if (statement.type === 'FunctionDeclaration' && statement.id) return namesOf(statement.id);
    if (statement.type !== 'VariableDeclaration' || statement.kind === 'var') return [];
    return statement.declarations.flatMap(({ id }) => namesOf(id));
  });
}

/** `var` belongs to its function, however deep it stands. */
function varsIn(node: AnyNode): string[] {
  if ('params' in node) return [];
  const own =
    node.type === 'VariableDeclaration' && node.kind === 'var'
      ? node.declarations.flatMap(({ id }) => namesOf(id))
      : [];
  return [...own, ...children(node).flatMap(varsIn)];
}

function namesOf(pattern: Pattern): string[] {
  if (pattern.type === 'Identifier') return [pattern.name];
  if (pattern.type === 'ObjectPattern')
    return pattern.properties.flatMap((one) =>
      namesOf(one.type === 'Property' ? one.value : one.argument),
    );
  if (pattern.type === 'ArrayPattern')
    return pattern.elements.flatMap((one) => (one ? namesOf(one) : []));
  if (pattern.type === 'AssignmentPattern') return namesOf(pattern.left);
  return pattern.type === 'RestElement' ? namesOf(pattern.argument) : [];
}

function children(node: AnyNode): AnyNode[] {
  return Object.values(node)
    .flat()
    .filter(
      (value): value is AnyNode => typeof value === 'object' && value !== null && 'type' in value,
    );
}
