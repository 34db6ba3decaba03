import type { Random } from '../../../base/random.ts';
import { type GymFamily, type GymItem, RIGHT, wrong } from '../core/gymFamily.ts';
import {
  assignments,
  type Formula,
  formulaText,
  holds,
  readFormula,
} from '../core/logicFormula.ts';

export interface PropositionalLogicData {
  premises: string[];
  variables: string[];
}

const NAMES = ['P', 'Q', 'R', 'S', 'T'];

function randomFormula(random: Random, variables: readonly string[], depth: number): Formula {
  if (depth === 0) {
    const leaf: Formula = { operator: null, name: random.choice(variables) };
    return random.next() < 0.3 ? { operator: '¬', left: leaf } : leaf;
  }
  const operator = random.choice(['∧', '∨', '→', '↔'] as const);
  return {
    operator,
    left: randomFormula(random, variables, depth - 1),
    right: randomFormula(random, variables, depth - 1 > 0 && random.next() < 0.5 ? depth - 1 : 0),
  };
}

const models = (
  premises: readonly Formula[],
  others: readonly Formula[] = [],
): Map<string, boolean>[] =>
  assignments([...premises, ...others]).filter((truth) =>
    premises.every((premise) => holds(premise, truth)),
  );

/** True under every assignment, or a bare variable, which the reference calls trivial too. */
const isTautology = (formula: Formula): boolean =>
  assignments([formula]).every((truth) => holds(formula, truth));

function generate(random: Random, level: number): GymItem<PropositionalLogicData> {
  const variables = NAMES.slice(0, 2 + Math.min(level, 3));
  for (;;) {
    const premises = Array.from({ length: 2 + level }, () =>
      randomFormula(random, variables, 1 + Math.min(1, level)),
    );
    const conclusion = randomFormula(random, variables, 1);
    const true_ = models(premises, [conclusion]);
    const follows = true_.length > 0 && true_.every((truth) => holds(conclusion, truth));
    const [texts, text] = [premises.map(formulaText), formulaText(conclusion)];
    if (!follows || isTautology(conclusion) || texts.includes(text)) continue;
    return {
      question: `Premises:\n${texts.map((t, i) => `${i + 1}. ${t}`).join('\n')}\nState a conclusion that follows from them and is neither one of them nor always true. Write ∨, ∧, →, ↔ and ¬ with brackets. Answer with the formula only.`,
      answer: text,
      data: { premises: texts, variables },
    };
  }
}

function mistakeIn({ data }: GymItem<PropositionalLogicData>, answer: string): string | null {
  const conclusion = /^[\sA-Z()∧∨→↔¬]+$/.test(answer) ? readFormula(answer) : null;
  const premises = data.premises
    .map((premise) => readFormula(premise))
    .filter((premise) => premise !== null);
  if (conclusion === null) return 'The answer is to be one formula and nothing else.';
  const bad = [...new Set(answer.match(/[A-Z]+/g) ?? [])].find(
    (name) => !data.variables.includes(name),
  );
  if (bad !== undefined || !balanced(answer))
    return bad === undefined ? 'A bracket is not closed.' : `${bad} is none of the variables.`;
  const all = models(premises, [conclusion]);
  if (all.length === 0) return 'The premises contradict each other: nothing can be concluded.';
  const counter = all.find((truth) => !holds(conclusion, truth));
  if (counter !== undefined) {
    const case_ = [...counter]
      .map(([name, value]) => `${name} ${value ? 'true' : 'false'}`)
      .join(', ');
    return `It does not follow: with ${case_} the premises hold and the conclusion does not.`;
  }
  if (isTautology(conclusion)) return 'It is always true, whatever the premises.';
  return data.premises.some(
    (premise) => formulaText(readFormula(premise)!) === formulaText(conclusion),
  )
    ? 'It is one of the premises.'
    : null;
}

function balanced(text: string): boolean {
  let level = 0;
  for (const char of text) {
    if (char === '(') level += 1;
    if (char === ')') level -= 1;
    if (level < 0) return false;
  }
  return level === 0;
}

/** State what follows. Contradictory premises, malformed text, premises repeated and tautologies earn nothing. */
export const propositionalLogic: GymFamily<PropositionalLogicData> = {
  name: 'propositional_logic',
  levels: 4,
  generate,
  judge: (item, answer) => {
    const mistake = mistakeIn(item, answer);
    return mistake === null ? RIGHT : wrong(mistake);
  },
  referenceScore: ({ data }, answer) => {
    if (
      answer === null ||
      (answer.match(/[A-Z]/g) ?? []).some((name) => !data.variables.includes(name))
    )
      return 0;
    const premises = data.premises.map((premise) => readFormula(premise)!); // the reference's own
    const conclusion = readFormula(answer);
    if (conclusion === null) return 0;
    if (!models(premises, [conclusion]).every((truth) => holds(conclusion, truth))) return 0.05;
    return conclusion.operator === null || isTautology(conclusion) ? 0.25 : 1;
  },
};
