import ts from 'typescript';
import { parseDocLiteral } from './docLiteral.ts';

/** A block made runnable: its `// value` comments have become checks. */
export interface InstrumentedBlock {
  /** The module's text. It calls `check(value, comment, line)`, which its runner must provide. */
  readonly code: string;
  /** How many comments are checked. */
  readonly checks: number;
  /** Names the block uses without declaring or importing them, globals included. */
  readonly freeNames: readonly string[];
}

interface Edit {
  readonly at: number;
  readonly remove: number;
  readonly insert: string;
}

/**
 * Turns the trailing `// value` comments of a block's top-level statements into checks.
 *
 *     f(1); // 2               ->  await check(f(1), "2", 1);
 *     const x = f(1); // 2     ->  const x = f(1); await check(x, "2", 1);
 *     console.log(f(1)); // 2  ->  await check(f(1), "2", 1);
 *
 * The comment stands on the statement's last line or fills the lines directly below it. Comments that
 * are not a literal (`// [P * G]`, `// about 4`) stay comments.
 */
export function instrumentBlock(code: string): InstrumentedBlock {
  const source = ts.createSourceFile('block.ts', code, ts.ScriptTarget.ES2022, true);
  const edits = source.statements.flatMap((statement) => editsFor(statement, source));
  let result = code;
  for (const { at, remove, insert } of [...edits].sort((a, b) => b.at - a.at))
    result = result.slice(0, at) + insert + result.slice(at + remove);
  return { code: result, checks: edits.length, freeNames: freeNamesOf(source) };
}

function editsFor(statement: ts.Statement, source: ts.SourceFile): Edit[] {
  const comment = literalCommentAfter(statement, source);
  if (comment === null) return [];
  const line = source.getLineAndCharacterOfPosition(statement.getStart()).line + 1;
  const closing = `, ${JSON.stringify(comment)}, ${line});`;
  if (ts.isVariableStatement(statement)) {
    const [declaration] = statement.declarationList.declarations;
    if (declaration === undefined || !ts.isIdentifier(declaration.name)) return [];
    return [
      { at: statement.end, remove: 0, insert: ` await check(${declaration.name.text}${closing}` },
    ];
  }
  if (!ts.isExpressionStatement(statement)) return [];
  const expression = loggedExpression(statement.expression) ?? statement.expression;
  const text = expression.getText();
  const start = statement.getStart();
  return [{ at: start, remove: statement.end - start, insert: `await check(${text}${closing}` }];
}

/** `x` of `console.log(x)`. */
function loggedExpression(expression: ts.Expression): ts.Expression | null {
  if (!ts.isCallExpression(expression) || expression.expression.getText() !== 'console.log')
    return null;
  return expression.arguments.length === 1 ? (expression.arguments[0] ?? null) : null;
}

/** The text of the literal that comments on a statement: on its last line, or on the lines right below. */
function literalCommentAfter(statement: ts.Statement, source: ts.SourceFile): string | null {
  const rest = source.text.slice(statement.end).split('\n');
  const sameLine = /^[ \t]*\/\/(.*)$/.exec(rest[0] ?? '')?.[1];
  if (sameLine !== undefined) return parseDocLiteral(sameLine) === null ? null : sameLine.trim();
  if ((rest[0] ?? '').trim() !== '') return null;
  const below: string[] = [];
  for (const line of rest.slice(1)) {
    const comment = /^\s*\/\/(.*)$/.exec(line)?.[1];
    if (comment === undefined) break;
    below.push(comment);
  }
  for (const text of [below.join('\n'), below[0] ?? ''])
    if (parseDocLiteral(text) !== null) return text.trim();
  return null;
}

function freeNamesOf(source: ts.SourceFile): string[] {
  const used = new Set<string>();
  const declared = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node)) {
      const { parent } = node;
      const isMember =
        (ts.isPropertyAccessExpression(parent) && parent.name === node) ||
        (ts.isPropertyAssignment(parent) && parent.name === node) ||
        (ts.isMethodDeclaration(parent) && parent.name === node);
      const isDeclared =
        'name' in parent &&
        parent.name === node &&
        !isMember &&
        !ts.isShorthandPropertyAssignment(parent);
      if (isDeclared) declared.add(node.text);
      else if (!isMember) used.add(node.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return [...used].filter((name) => !declared.has(name));
}
