/** A formula of propositional logic; a leaf is a variable. */
export type Formula =
  | { operator: null; name: string }
  | { operator: '¬'; left: Formula }
  | { operator: '∧' | '∨' | '→' | '↔'; left: Formula; right: Formula };

/** Loosest first. Of equal ones the last in the text binds last, as in the reference. */
const BINARY = ['↔', '→', '∨', '∧'] as const;
const MAX_DEPTH = 60;

/** Whether the first bracket of the text closes at its end, counted as the reference does. */
function isEnclosed(text: string): boolean {
  if (!text.startsWith('(') || !text.endsWith(')')) return false;
  let level = 0;
  for (const char of text.slice(1, -1)) {
    if (char === '(') level += 1;
    if (char === ')') level -= 1;
    if (level < 0) return false;
  }
  return level === 0;
}

/**
 * Reads a formula as the reference does: whatever is no operator is a variable, so malformed text passes.
 * `null` for an empty part.
 */
export function readFormula(source: string, depth = 0): Formula | null {
  const text = source.trim();
  if (text === '' || depth > MAX_DEPTH || text.length > 2000) return null;
  if (isEnclosed(text)) return readFormula(text.slice(1, -1), depth + 1);
  for (const operator of BINARY) {
    let level = 0;
    for (let i = text.length - 1; i >= 0; i--) {
      const char = text[i];
      if (char === ')') level += 1;
      else if (char === '(') level -= 1;
      else if (level === 0 && char === operator) {
        const [left, right] = [
          readFormula(text.slice(0, i), depth + 1),
          readFormula(text.slice(i + 1), depth + 1),
        ];
        return left === null || right === null ? null : { operator, left, right };
      }
    }
  }
  if (text.startsWith('¬')) {
    const left = readFormula(text.slice(1), depth + 1);
    return left === null ? null : { operator: '¬', left };
  }
  return { operator: null, name: text };
}

export function holds(formula: Formula, truth: ReadonlyMap<string, boolean>): boolean {
  switch (formula.operator) {
    case null:
      return truth.get(formula.name) ?? false;
    case '¬':
      return !holds(formula.left, truth);
    case '∧':
      return holds(formula.left, truth) && holds(formula.right, truth);
    case '∨':
      return holds(formula.left, truth) || holds(formula.right, truth);
    case '→':
      return !holds(formula.left, truth) || holds(formula.right, truth);
    default:
      return holds(formula.left, truth) === holds(formula.right, truth);
  }
}

export function variablesOf(formula: Formula, into: Set<string> = new Set()): Set<string> {
  if (formula.operator === null) into.add(formula.name);
  else {
    variablesOf(formula.left, into);
    if (formula.operator !== '¬') variablesOf(formula.right, into);
  }
  return into;
}

/** Every assignment of the variables of some formulas; none beyond 12 variables. */
export function assignments(formulas: readonly Formula[]): Map<string, boolean>[] {
  const names = [...new Set(formulas.flatMap((formula) => [...variablesOf(formula)]))];
  if (names.length > 12) return [];
  return Array.from(
    { length: 2 ** names.length },
    (_, bits) => new Map(names.map((name, i) => [name, (bits & (1 << i)) !== 0])),
  );
}

/** Brackets around every part with two sides. */
export function formulaText(formula: Formula): string {
  if (formula.operator === null) return formula.name;
  if (formula.operator === '¬') return `¬${formulaText(formula.left)}`;
  return `(${formulaText(formula.left)} ${formula.operator} ${formulaText(formula.right)})`;
}
