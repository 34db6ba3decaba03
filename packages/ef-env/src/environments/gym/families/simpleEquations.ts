import { evaluateArithmetic } from '../../../numbers/evaluateArithmetic.ts';
import { equalRationals, type Rational, rationalText } from '../../../numbers/rational.ts';
import { containsScore } from '../core/containsScore.ts';
import { between, type GymFamily, RIGHT, wrong } from '../core/gymFamily.ts';
import { readNumber } from '../core/readNumber.ts';

export interface SimpleEquationsData {
  equation: string;
  variable: string;
}

/** A side of the equation with a value put in for the variable; `*` may be left out. */
function sideAt(side: string, variable: string, value: Rational): Rational | null {
  const written = `(${rationalText(value)})`;
  return evaluateArithmetic(
    side
      .replace(new RegExp(`(\\d)\\s*${variable}`, 'g'), `$1*${variable}`)
      .replaceAll(variable, written),
  );
}

/** Solve a linear equation. `x = 5` and `5` are both right. */
export const simpleEquations: GymFamily<SimpleEquationsData> = {
  name: 'simple_equations',
  levels: 4,
  generate: (random, level) => {
    const variable = random.choice([...'abkmnpstxyz']);
    const most = [10, 20, 50, 100][level]!;
    const [a, x, b] = [
      between(random, 2, most),
      between(random, level === 0 ? 1 : -most, most),
      between(random, 1, most),
    ];
    const [c, sign] = [level < 2 ? 0 : between(random, 1, a - 1), random.choice(['+', '-'])];
    const left = `${a}*${variable} ${sign} ${b}`;
    const constant = a * x + (sign === '+' ? b : -b) - c * x;
    const equation = c === 0 ? `${left} = ${constant}` : `${left} = ${c}*${variable} + ${constant}`;
    return {
      question: `Solve for ${variable}: ${equation}. Answer with the number only.`,
      answer: `${x}`,
      data: { equation, variable },
    };
  },
  judge: ({ data }, answer) => {
    const value = readNumber(answer);
    if (value === null) return wrong('The answer is to be one number and nothing else.');
    const [left, right] = data.equation
      .split('=')
      .map((side) => sideAt(side, data.variable, value));
    if (left == null || right == null) return wrong('The equation has no value there.');
    if (equalRationals(left, right)) return RIGHT;

    const shown = ` (${rationalText(left)} is not ${rationalText(right)})`;
    return wrong(`With ${data.variable} = ${rationalText(value)} the two sides differ${shown}.`);
  },
  referenceScore: containsScore,
};
