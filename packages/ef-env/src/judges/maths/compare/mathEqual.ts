import { type OptionNames, readOptions } from '../../../base/readOptions.ts';
import { type Budget, createBudget, withinLimits } from '../../../numbers/budget.ts';
import { chosenLetter } from '../read/chosenLetter.ts';
import type { Reader } from '../read/createReader.ts';
import { goldText } from '../read/goldText.ts';
import { logReadings } from '../read/logReadings.ts';
import { childrenOf, type MathNode } from '../read/node.ts';
import { parseMath } from '../read/parseMath.ts';
import { plainText } from '../read/plainText.ts';
import { compareAnswers } from './compareAnswers.ts';
import { expandPlusMinus } from './expandPlusMinus.ts';
import { plainNumbers } from './plainNumbers.ts';

export interface MathEqualOptions {
  /**
   * Decimals right of the point that must agree when one side is written as a decimal: 6 accepts 0.333333
   * for 1/3, as Math-Verify does. `null` = decimals are exact. Default 6.
   */
  precision?: number | null | undefined;
  /** Accept a solved inequality where the reference is a set or interval. Default `false`, as Math-Verify. */
  allowSetRelation?: boolean | undefined;
  /** Names of variables matter: `f(x)` is not `f(y)`. Default `true`. */
  strict?: boolean | undefined;
  /** Read `1,5` as 1.5. Default `false`. */
  decimalComma?: boolean | undefined;
  /** Elementary steps before the answer counts as not equal; 60,000 take at most about 0.1 s on an idle core. Default 60,000. */
  steps?: number | undefined;
}

/**
 * Whether an answer equals the reference answer, both given as bare LaTeX or plain text: exactly where
 * an exact normal form tells, else by values of 192 bits at several points. Never throws and never runs
 * long, whatever the text.
 *
 * @throws {EfEnvError} `task` for a reference that is neither a text nor a finite number,
 * `option` for an option that is not known, with the nearest one.
 *
 * @example
 * mathEqual('\\frac{\\sqrt{2}}{2}', '1/\\sqrt2'); // true
 * mathEqual('(-\\infty, 3]', 'x \\le 3', { allowSetRelation: true }); // true
 * mathEqual('9^{9^{9^9}}', '9^{9^{9^8}}'); // false
 *
 * @see Math-Verify, whose asymmetry between reference and answer this keeps: https://github.com/huggingface/Math-Verify
 */
export function mathEqual(
  gold: string | number,
  answer: string,
  options: MathEqualOptions = {},
): boolean {
  const given = readOptions('mathEqual', options, EQUAL_OPTIONS);
  return equalAnswers(goldText('mathEqual', gold), answer, given);
}

const EQUAL_OPTIONS = {
  precision: 'null',
  allowSetRelation: 'optional',
  strict: 'optional',
  decimalComma: 'optional',
  steps: 'optional',
} as const satisfies OptionNames<MathEqualOptions>;

/** {@link mathEqual} for texts, one of which `reader` may have read already. */
export function equalAnswers(
  reference: string,
  answer: string,
  options: MathEqualOptions & { reader?: Reader },
): boolean {
  const {
    precision = 6,
    allowSetRelation = false,
    strict = true,
    decimalComma = false,
    steps = 60_000,
    reader,
  } = options;
  const numbers = plainNumbers(reference, answer);
  if (numbers !== undefined) return numbers;
  const goldPlain = plainText(reference);
  if (goldPlain === '' || answer.trim() === '') return false;
  if (goldPlain === plainText(answer)) return true;
  if (/^[A-J]$/.test(goldPlain)) {
    const letter = chosenLetter(answer);
    if (letter !== null) return letter === goldPlain;
  }
  // letters of a word are no factors: `BCA` is not `CAB`
  if (isWord(reference) && isWord(answer)) return false;
  const budget: Budget = createBudget(steps);
  const read = (text: string): MathNode[] => {
    const found = reader?.known(text, decimalComma) ?? parseMath(text, budget, { decimalComma });
    const nodes = PLUS_MINUS.test(text) ? found.map(expandPlusMinus) : found;
    return strict ? nodes : nodes.map(anonymous);
  };
  const value = withoutChoice(answer);
  const answers = value === answer ? read(answer) : [...read(answer), ...read(value)];
  if (answers.length === 0) return false;
  const logs = LOGARITHM.test(reference) || LOGARITHM.test(answer);
  return read(reference).some((goldNode) =>
    answers.some((node) =>
      (logs ? logReadings(goldNode, node) : [[goldNode, node] as const]).some(
        ([g, a]) =>
          withinLimits(() => compareAnswers(g, a, { precision, allowSetRelation, budget })) ??
          false,
      ),
    ),
  );
}

/** Texts that may hold a `±`, or a logarithm, be it in styled letters. */
const PLUS_MINUS = /pm|mp|[^\0-\x7f]/;
const LOGARITHM = /log|[^\0-\x7f]/i;

/** `(B) 12` and `\\textbf{(B)}\\ 12` without the letter of the choice. */
const withoutChoice = (answer: string): string =>
  !answer.includes(')')
    ? answer
    : answer.replace(
        /^\s*(?:\\(?:text|textbf|mathrm|mathbf)\s*\{\s*)?\(?[A-J]\)\s*(?:\}|(?<=\s))(?=[\s\\~$\d-])(?:\\ |[\s~]|\\q?quad)*/,
        '',
      );

const WORD = /^(?:[a-z]{4,}|[A-Z]{3,}|[A-Z][a-z]{2,})$/;
const isWord = (text: string): boolean => WORD.test(text.trim()) && !/^inf/i.test(text.trim());

/** Symbols renamed by order of first appearance. */
function anonymous(node: MathNode): MathNode {
  const names = new Map<string, string>();
  const collect = (n: MathNode): void => {
    if (n.type === 'symbol' && !names.has(n.name)) names.set(n.name, `v${names.size}`);
    for (const child of childrenOf(n)) collect(child);
  };
  collect(node);
  const rename = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(rename);
    if (typeof value !== 'object' || value === null) return value;
    const copy = Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [key, rename(inner)]),
    );
    if (copy.type === 'symbol') copy.name = names.get(copy.name as string); // every symbol was collected
    return copy;
  };
  return rename(node) as MathNode; // the same shape, other names
}
