import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRandom } from '../../../base/random.ts';
import { mathEqual } from '../compare/mathEqual.ts';
import { extractLetter } from '../extract/extractLetter.ts';
import { gsm8kAnswer, lastInteger } from '../extract/gsm8kAnswer.ts';
import { accuracyReward } from './accuracyReward.ts';
import { gradeMath } from './gradeMath.ts';
import { hendrycksEqual } from './hendrycksEqual.ts';
import { minervaGrade, minervaNormalize } from './minervaGrade.ts';
import { prm800kGrade } from './prm800kGrade.ts';
import { trlAccuracyReward } from './trlAccuracyReward.ts';

const times = (text: string, n: number): string => text.repeat(n);
const list = (n: number, item: (i: number) => string, joint = ','): string =>
  Array.from({ length: n }, (_, i) => item(i)).join(joint);

/** Every entry point, with the hostile text as answer, as reference, and as both. */
const GRADERS: Record<string, (text: string, other: string) => unknown> = {
  answer: (text, other) => mathEqual(other, text),
  reference: (text, other) => mathEqual(text, other),
  lenient: (text, other) =>
    mathEqual(other, text, { strict: false, allowSetRelation: true, decimalComma: true }),
  shifted: (text) => mathEqual(text, `${text}+1`),
  prose: (text, other) => gradeMath(other, text),
  boxed: (text, other) => gradeMath(other, `\\boxed{${text}}`),
  solution: (text) => gradeMath(`\\boxed{${text}}`, `The answer is $${text}$`),
  hendrycks: (text, other) => hendrycksEqual(other, text),
  prm800k: (text, other) => [prm800kGrade(other, text), prm800kGrade(text, other)],
  minerva: (text, other) => [minervaGrade(other, `Answer: ${text}`), minervaNormalize(text)],
  trl: (text, other) => [trlAccuracyReward(other, text), trlAccuracyReward(text, '\\boxed{1}')],
  accuracy: (text, other) => [accuracyReward(other, text), accuracyReward(text, '\\boxed{1}')],
  letter: (text) => extractLetter(text),
  numbers: (text) => [gsm8kAnswer(text), lastInteger(text)],
};

/** Milliseconds of the slowest grader; an exception fails the test. */
function slowest(text: string, other: string): number {
  let worst = 0;
  for (const grade of Object.values(GRADERS)) {
    const start = performance.now();
    grade(text, other);
    worst = Math.max(worst, performance.now() - start);
  }
  return worst;
}

const LARGE: [name: string, text: string][] = [
  ['power of a sum', '(x+y+z)^{500}'], ['letters that may be a unit', `5 ${times('a', 60)}!`], ['units that end in none', `5 ${times('kg*', 300)}!`], ['a sum that just expands', '(x+y+z+w)^{39}-1'], ['binomials', '\\binom{5000}{2500}+\\binom{10^{9}}{5}'],
  ['factorials', '1500!/1498!'], ['factorial of factorials', '((9!)!)!'], ['factorial chain', `5${times('!', 3000)}`], ['tower', '9^{9^{9^{9^9}}}'],
  ['tower of symbols', 'x^{x^{x^{x^{x^x}}}}'], ['roots of sums', '(\\sqrt2+\\sqrt3+\\sqrt5+\\sqrt7+\\sqrt{11}+\\sqrt{13})^{40}'],
  ['complex powers', '(1+i)^{1000000}+i^{i^{i^i}}'], ['huge angle', '\\sin(10^{30})'], ['sines of sines', `${times('\\sin(', 100)}1${times(')', 100)}`],
  ['nested brackets', `${times('(', 119)}1${times(')', 119)}`], ['open brackets', times('(', 20_000)], ['nested fractions', `${times('\\frac{1}{1+', 119)}1${times('}', 119)}`],
  ['fractions that grow', list(300, (i) => `\\frac{1}{${10n ** 40n + BigInt(2 * i + 1)}}`, '+')], ['products that grow', list(900, () => '2^{19000}', '\\cdot ')],
  ['many binomials', list(300, (i) => `\\binom{4999}{${i + 2000}}`, '+')], ['fractions to add', list(60, (i) => `\\frac{1}{x+${i}}`, '+')], ['roots to add', list(200, (i) => `\\sqrt{${i}}`, '+')], ['letters', times('x', 8000)],
  ['dollar letters', times('$x', 9000)], ['signs', `${times('-', 20_000)}1`], ['plus-minus', times('1\\pm', 4000)], ['remainders', times('5 mod 3 mod ', 1500)],
  ['digits', times('7', 50_000)], ['decimals', `0.${times('3', 19_000)}...`], ['repeating decimals', times('0.1\\dot{2}', 1900)], ['hexadecimal', `${times('F', 19_000)}_{16}`],
  ['matrix 200 x 200', `\\begin{pmatrix}${times(`${times('1&', 199)}1\\\\`, 200)}\\end{pmatrix}`], ['matrix product', times('\\begin{pmatrix}1&2\\\\3&4\\end{pmatrix}', 60)],
  ['union of 300', list(300, (i) => `(${i},${i}.5)`, '\\cup ')], ['set of 500', `\\{${list(500, String)}\\}`], ['list of roots', list(59, (i) => `\\sqrt{${i + 2}}+\\sqrt{${i + 3}}`)],
  ['named values', list(59, (i) => `x_${i}=\\sin ${i}`)], ['sum of sums', `${times('\\sum_{k=1}^{200}', 3)}k`], ['product', '\\prod_{k=1}^{200}(\\sqrt{k}+x)'],
  ['boxes', times('\\boxed{\\frac{1}{2}},', 2500)], ['open boxes', times('\\boxed{', 7000)], ['dollars', times('$', 50_000)], ['inline openings', times('\\(', 25_000)],
  ['announcements', times('the answer is 1 ', 3000)], ['bare announcements', times('answer:', 7000)], ['hashes', times('####', 12_000)], ['conclusions', times('therefore 1 ', 4000)],
  ['thoughts', times('<think>', 7000)], ['ended thoughts', times('</think>', 6000)], ['commas', times('1,000,', 8000)], ['equals signs', times('x=', 25_000)], ['bars', times('|x', 9000)],
  ['percent signs', times('%', 50_000)], ['blanks', times(' ', 50_000)], ['lines', times('\n', 50_000)], ['backslashes', times('\\', 50_000)], ['openings of text', times('\\text{', 8000)],
  ['choices', times('(A) or ', 7000)], ['emoji', times('😀', 25_000)], ['fractions in Unicode', times('½', 20_000)], ['styled digits', times('𝟏', 19_000)], ['feet', times('5 ft ', 2000)], ['half a pair', times('\ud800', 9000)],
  ['prototype', '\\__proto__\\constructor\\toString __proto__ constructor'], ['0/0', '\\frac{0}{0}\\cdot\\frac{\\infty}{0}'],
]; // biome-ignore format: a table

const PIECES =
  '1|23|4.5|x|n|\\pi|e|i|\\infty|0|-1|9^{9}|x^{50}|\\frac{1}{3}|\\sqrt{2}|100!|\\text{cm}|\\%|^\\circ|,|;|=|<|\\le|\\cup|\\pm|:|\\{|\\}|(|)|[|]|{|}|$|\\(|\\[|\\boxed{|\\frac{|\\sqrt[|^{|_{|\\sum_{k=1}^{9}|\\int_0^1|\\sin|\\log_2|\\begin{pmatrix}|\\end{pmatrix}|&|\\\\|\\text{|\\mathbb{R}| and | or |the answer is |</think>|<think>|####|\n|\n\n| |😀|²|ⁿ|½|−|答案是|\u0000|\ud800|\ue000|__proto__|\\constructor|!|...|**|%|\\binom{9}{3}|(x+y)^{|\\max|\\lfloor|\\rfloor|\\dot{|\\overline{'.split(
    '|',
  );
const OTHERS = ['42', '\\frac{1}{2}', 'x^2+1', '(1,2)', '[1,2)\\cup(3,\\infty)', 'x>3', '\\{1,2\\}', '\\sin x', 'n!', 'A', '50\\%', '5\\text{ cm}', '\\pm\\sqrt2', 'x=1,y=2']; // biome-ignore format: a table

/** Answers of every shape, nested, as LaTeX, plain text and Unicode: with ±, sets, matrices, unions, relations, units. */
const { answer: ANSWER } = fc.letrec<{ atom: string; answer: string }>((tie) => {
  const [atom, answer] = [tie('atom'), tie('answer')];
  const shape = (
    arbitraries: fc.Arbitrary<string>[],
    write: (parts: string[]) => string,
  ): fc.Arbitrary<string> => fc.tuple(...arbitraries).map(write);
  const binary = fc.constantFrom('+', '-', '\\pm ', '\\mp ', '±', '\\cdot ', '*', '/', '^', '=', '<', '\\le ', '≥', '\\in ', '∈', ',', ';', ' and ', '\\text{ or }', '\\cup ', '∪', '\\cap ', '\\setminus ', ':', '\\pmod ', ' mod ', '\\approx ', '\\Rightarrow ', ''); // biome-ignore format: a table
  return {
    atom: fc.oneof(
      fc.integer({ min: -99, max: 999 }).map(String),
      fc.constantFrom('0', '0.5', '1,5', '1.000.000', '2½', 'x', 'y', 'i', 'e', '\\pi', 'π', '\\infty', '∞', '\\mathbb{R}', '\\emptyset', '\\text{cm}', '5\\%', '30^\\circ', '3\\text{ m}', '1101_2', '²', 'n!', '\\log 100', '1e-3', 'A', '(B)', '\\text{at least }'), // biome-ignore format: a table
    ),
    answer: fc.oneof(
      { maxDepth: 5, depthSize: 'small' },
      atom,
      shape([answer, binary, answer], ([a, sign, b]) => `${a}${sign}${b}`),
      fc.tuple(fc.constantFrom('-', '\\pm ', '±', '\\sqrt', '√', '\\log', '\\sin', '\\neg', '\\textcolor{red}', '\\phantom', '\\text'), answer).map(([sign, a]) => `${sign}{${a}}`), // biome-ignore format: a table
      fc.tuple(fc.constantFrom(['\\{', '\\}'], ['(', ')'], ['[', ')'], ['|', '|'], ['{', '}'], ['\\left(', '\\right]'], ['', '}'], ['(', '']), fc.array(answer, { maxLength: 3 })).map(([[open, close], items]) => `${open}${items.join(', ')}${close}`), // biome-ignore format: a table
      shape([answer, answer], ([a, b]) => `\\frac{${a}}{${b}}`),
      shape(
        [atom, answer, answer, atom],
        ([a, b, c, d]) => `\\begin{pmatrix}${a}&${b}\\\\${c}&${d}\\end{pmatrix}`,
      ),
      shape([answer, atom], ([a, b]) => `\\begin{aligned}x&=${a}\\\\&=${b}\\end{aligned}`),
      shape([answer, answer], ([a, b]) => `\\{x \\mid ${a}, ${b}\\}`),
      shape([answer, answer], ([a, b]) => `\\sum_{k=1}^{${a}} ${b}`),
    ),
  };
});
const PROSE = fc.constantFrom(
  '',
  'So it is ',
  'The answer is ',
  'Answer:\n- ',
  '\\boxed{',
  '$',
  'We get (',
  'about **',
  '1. ',
  '| ',
);

describe('hostile inputs', () => {
  test('300 random answers of every shape, whole and torn, are graded without an exception', () => {
    fc.assert(
      fc.property(ANSWER, ANSWER, PROSE, fc.nat(), (text, other, prose, cut) => {
        for (const grade of Object.values(GRADERS)) {
          grade(text, other);
          grade(prose + text.slice(cut % (text.length + 1)), other);
        }
      }),
      { numRuns: 300, seed: 7 },
    );
  });

  test.each(LARGE)('%s: no exception, a second at most in every grader', (_, text) => {
    expect(slowest(text, '42')).toBeLessThan(1000);
    expect(gradeMath('42', `\\boxed{${text}}`).correct).toBe(false);
  });

  test('200 random mixtures of LaTeX, prose and control characters are graded without an exception', () => {
    const random = createRandom(11);
    for (let i = 0; i < 200; i++) {
      const length = 1 + random.integer(i % 10 === 0 ? 1000 : 40);
      const text = Array.from({ length }, () => random.choice(PIECES)).join('');
      expect(slowest(text, random.choice(OTHERS))).toBeLessThan(1000);
    }
  });
});
