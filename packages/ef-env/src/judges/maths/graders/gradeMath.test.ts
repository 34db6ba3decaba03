import { describe, expect, test } from 'vitest';
import { mathEqual } from '../compare/mathEqual.ts';
import { accuracyReward } from './accuracyReward.ts';
import { gradeMath } from './gradeMath.ts';

const times = (text: string, n: number): string => text.repeat(n);

describe('gradeMath', () => {
  test.each([
    ['\\boxed{3} is what I first wrote, but the correct value is \\boxed{12}.', true],
    ['<think>I get \\boxed{12}</think> The answer is \\boxed{3}.', false],
    ['<think>\\boxed{12}</think>', false],
    ['<think>the answer is 12', false],
    ['Hence $x = \\fbox{12}$.', true],
    ['\\boxed 12', true],
    ['\\boxed{12', true],
    ['\\boxed{\\text{The answer is } 12}', true],
    ['\\boxed{3}, hmm. **Final Answer**: The final answer is $12$. I hope it is correct.', true],
    ['The answer is **12**.', true],
    ['The answer is $12.', true],
    ['#### 12', true],
    ['So we get $$12$$', true],
    ['The total is 12 apples.', true],
    ['Let $n$ be even. Therefore, there are 12 of them.', true],
    ['\\boxed{12, 3}', false],
    ['\\boxed{}', false],
    ['I do not know.', false],
    ['', false],
  ])('12 in %j: %s', (completion, correct) => {
    expect(gradeMath('12', completion).correct).toBe(correct);
  });

  test('boxes joined by commas or and are one answer', () => {
    expect(gradeMath('\\{1,2,3\\}', '\\boxed{1}, \\boxed{2} and \\boxed{3}').correct).toBe(true);
    expect(gradeMath('1,2', '\\boxed{1} no no no \\boxed{2}').correct).toBe(false);
  });

  test('the reference may be a number, as rows of data hold it; nothing else', () => {
    expect(gradeMath(204, 'So \\boxed{204}.').correct).toBe(true);
    expect(mathEqual(0.5, '1/2')).toBe(true);
    expect(accuracyReward(-3, '$-3$')).toBe(1);
    const missing = undefined as unknown as string; // a column that the row lacks
    expect(() => gradeMath(missing, '1')).toThrowErrorMatchingInlineSnapshot(
      `[EfEnvError: gradeMath: the reference answer must be a text or a finite number, got undefined. Is it another column of your rows?]`,
    );
    expect(() => mathEqual(Number.NaN, '1')).toThrow(expect.objectContaining({ code: 'task' }));
  });

  test('the reference may be a whole solution', () => {
    expect(gradeMath('We get $x=4$, so the answer is $\\boxed{16}$.', '16')).toEqual({
      correct: true,
      answer: '16',
      from: 'whole',
    });
  });

  test.each([
    ['power tower of floats', '\\boxed{9.9^{9.9^{9.9^{9.9}}}}'],
    ['factorial tower', '\\boxed{((9!)!)!}'],
    ['huge sum', '\\boxed{\\sum_{k=1}^{1000000000} \\sin(k^2)}'],
    ['expand bomb', '\\boxed{(x+y+z+w)^{200}-(x+y+z)^{200}}'],
    ['digits', `\\boxed{${times('7', 50_000)}}`],
    ['open braces', `\\boxed${times('{', 50_000)}`],
    ['nested fractions', `\\boxed{${times('\\frac{1}{', 800)}2${times('}', 801)}`],
    ['minus chain', `\\boxed{${times('-', 3000)}1}`],
    ['plus chain', `\\boxed{1${times('+1', 4000)}}`],
    ['long product', `\\boxed{${times('(x+1)', 2000)}}`],
    ['roots of roots', `\\boxed{${times('\\sqrt{1+', 90)}2${times('}', 90)}}`],
    ['dollars', times('$', 20_000)],
    ['answers', times('the answer is ', 4000)],
    ['commas', times('1,', 20_000)],
    ['a list of 5000', `\\boxed{${times('1/3,', 5000)}1}`],
    ['code', "\\boxed{constructor.constructor('return 1')()}"],
    ['proto', '\\boxed{__proto__}'],
  ])('answers within a second: %s', (_, completion) => {
    const start = performance.now();
    expect(gradeMath('623', completion).correct).toBe(false);
    expect(gradeMath(completion, '\\boxed{623}').correct).toBe(false);
    expect(performance.now() - start).toBeLessThan(2000);
  });
});
