import { describe, expect, test } from 'vitest';
import { arithmeticReward } from './arithmeticReward.ts';
import { checkArithmetic } from './checkArithmetic.ts';

/** Calculations as `right: ...` or `wrong: ...`. */
const found = (text: string): string[] =>
  checkArithmetic(text).calculations.map((c) => `${c.holds ? 'right' : 'wrong'}: ${c.text}`);

describe('checkArithmetic', () => {
  test.each([
    ['prose', 'First 2 + 3 = 5, then 5 * 3 = 16.', ['right: 2 + 3 = 5', 'wrong: 5 * 3 = 16']],
    ['a chain', 'x = (3 + 4) * 2 = 14 = 7 * 3', ['right: (3 + 4) * 2 = 14', 'wrong: 14 = 7 * 3']],
    ['a chain over lines', '3 + 4\n  = 7', ['right: 3 + 4\n  = 7']],
    ['aligned LaTeX', 'x &= 3 \\cdot 4 \\\\ &= 13', ['wrong: 3 \\cdot 4 \\\\ &= 13']],
    [
      'LaTeX fractions',
      '\\frac{1}{2} + \\dfrac13 = \\frac{5}{6}',
      ['right: \\frac{1}{2} + \\dfrac13 = \\frac{5}{6}'],
    ],
    [
      'mixed numbers',
      '2 1/2 * 2 = 5 and 1\\frac{1}{2} - 1 = 1/2',
      ['right: 2 1/2 * 2 = 5', 'right: 1\\frac{1}{2} - 1 = 1/2'],
    ],
    [
      'signs',
      '2 × 3 ÷ 4 · 6 − 1 = 8; 2 x 3 = 6; 2x3=7',
      ['right: 2 × 3 ÷ 4 · 6 − 1 = 8', 'right: 2 x 3 = 6', 'wrong: 2x3=7'],
    ],
    [
      'powers',
      '2^{10} = 1024, 2**3 = 9, 10⁻² = 0.01',
      ['right: 2^{10} = 1024', 'wrong: 2**3 = 9', 'right: 10⁻² = 0.01'],
    ],
    ['Python', '17 % 5 = 2; 7 // 2 == 3', ['right: 17 % 5 = 2', 'right: 7 // 2 == 3']],
    [
      'percent',
      '(5/25) \\times 100 = 20%, 50 * 20\\% = 10',
      ['right: (5/25) \\times 100 = 20%', 'right: 50 * 20\\% = 10'],
    ],
    ['thousands', '1,234 + 1{,}000 = 2,234', ['right: 1,234 + 1{,}000 = 2,234']],
    ['money', '$5 + $3 = $9', ['wrong: 5 + $3 = $9']],
    ['formulas', '$3+4=7$ $-2+5=4$', ['right: 3+4=7', 'wrong: -2+5=4']],
    ['Markdown', '- **3 + 4 = 8**\n2. *5 + 6 = 11*', ['wrong: 3 + 4 = 8', 'right: 5 + 6 = 11']],
    ['boxes', '3 + 4 = \\boxed{8}', ['wrong: 3 + 4 = \\boxed{8}']],
    ['an equation in brackets', 'It is 7 (3 + 4 = 7).', ['right: 3 + 4 = 7']],
    ['calculator marks', '<<48/2=24>>24', ['right: 48/2=24']],
    ['a product without sign', '2(3+4) = 14', ['right: 2(3+4) = 14']],
    [
      'the last digit with ≈',
      '10/3 ≈ 3.33, 10/3 \\approx 3.34, 10/3 ≈ 3.35',
      ['right: 10/3 ≈ 3.33', 'right: 10/3 \\approx 3.34', 'wrong: 10/3 ≈ 3.35'],
    ],
    [
      'floats',
      '0.1 + 0.2 = 0.3; 1.5e3 + 1 = 1501',
      ['right: 0.1 + 0.2 = 0.3', 'right: 1.5e3 + 1 = 1501'],
    ],
  ])('reads %s', (_, text, calculations) => {
    expect(found(text)).toEqual(calculations);
  });

  test.each([
    'x - 5 + 2 = 8', // variables
    '3x + 4 = 8',
    '2 + 3 = 6 x',
    '5 apples - 3 = 3', // a sign that belongs to what stands before
    'sin 30 + 1 = 2', // functions
    '\\sqrt{16} + 3 = 8',
    '|3 - 5| + 1 = 2',
    '17 / 5 = 3 remainder 2', // quotients that are not equal
    '17 / 5 = 3, with a remainder of 2',
    '10 / 3 = 3.333...',
    '10% = 20 apples', // parts of something
    '10% of 50 + 5 = 11',
    'half of 6 + 4 = 8',
    '100 + 10% = 110', // two readings
    '6/2(1+2) = 9',
    '3,5 + 1,5 = 6',
    '12:30 + 1 = 3',
    '101_2 + 1 = 7',
    '0x10 + 1 = 3',
    '1 / 0 = 0', // no value
    '3 + 4 <= 8, 3 + 4 != 8', // no equations
    'pages 3–5 = 3 pages',
    '7 = 8', // no operation
  ])('leaves out %s', (text) => {
    expect(found(text)).toEqual([]);
  });

  test('spans are bytes and do not overlap', () => {
    const text = 'Größe 😀: 2 × 3 = 6 = 7 − 2.';
    const { spans } = checkArithmetic(text);
    const bytes = new TextEncoder().encode(text);
    const covered = spans.map(({ start, end, ...rest }) => [
      new TextDecoder().decode(bytes.slice(start, end)),
      rest,
    ]);
    expect(covered).toEqual([
      ['2 × 3 = 6', { reward: 1, label: 'right' }],
      ['= 7 − 2', { reward: -1, label: 'wrong' }],
    ]);
  });

  test.each([
    ['3 - 5 = 2', 'The sign is wrong.'],
    ['2 + 3 * 4 = 20', 'Multiplication and division come before addition and subtraction.'],
    ['0.1 * 3 = 3', 'The decimal point is in the wrong place.'],
    ['10 / 3 = 3.33', 'The right side is rounded.'],
    ['5 * 3 = 16', 'The right side is too large.'],
    ['5 * 3 = 14', 'The right side is too small.'],
  ])('says why %s is wrong, and its value only with full feedback', (text, why) => {
    expect(checkArithmetic(`1 + 1 = 2. ${text}, 1 + 1 = 3`).feedback).toBe(
      `Wrong: ${text}. ${why}`,
    );
    const { feedback, calculations } = checkArithmetic(text, { feedback: 'full' });
    expect(feedback).toBe(`Wrong: ${text}. ${why} The left side is ${calculations[0]?.value}.`);
  });

  test('with rounded a decimal may stand for the value', () => {
    expect(checkArithmetic('10 / 3 = 3.33', { rounded: true }).feedback).toBe(
      'The calculation holds.',
    );
    expect(checkArithmetic('10 / 3 = 3', { rounded: true }).calculations[0]?.holds).toBe(false);
  });

  // 30,000 characters; each takes 10 to 200 ms on an idle core
  test.each([
    ['brackets', '('.repeat(30_000)],
    ['powers', '1/3**4000 + 1/7**4000 = 1 '.repeat(1000)],
    [
      'fractions',
      `${Array.from({ length: 60 }, (_, i) => `1/${i * 7 + 100_001}`).join('+')}=1 `.repeat(40),
    ],
    ['long numbers', `${'9'.repeat(2900)}*${'7'.repeat(90)}=2 `.repeat(10)],
    ['a chain', '1+1='.repeat(6000)],
    ['blank lines', '\n '.repeat(15_000)],
    ['open groups', '\\frac{\\text{'.repeat(2500)],
    ['digits', '9'.repeat(30_000)],
  ])('ends soon on hostile %s', (_, text) => {
    const begin = performance.now();
    checkArithmetic(text);
    expect(performance.now() - begin).toBeLessThan(2000);
  });
});

test('arithmeticReward is the share of what holds, null without calculations', () => {
  expect(arithmeticReward('2 + 3 = 5, so 5 * 3 = 16.')).toBe(0.5);
  expect(arithmeticReward('I think it is 5.')).toBeNull();
});
