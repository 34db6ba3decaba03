import { expect, test } from 'vitest';
import { gradeMath } from './gradeMath.ts';

const r = String.raw;
type Row = [gold: string, right: string[], wrong?: string[]];

/** Completions without a box or formula, by kind: those that state the reference, and those that state something else. */
const KINDS: Record<string, Row[]> = {
  sign: [
    ['-5', ['The value is -5.', 'So x is -5.', 'The temperature dropped to -5 degrees.', 'which gives -5.', 'Hence, the y-intercept is -5.', 'It is −5', 'It is –5.', 'We end up with ﹣5.', 'We get ‑5.', 'The minimum value\n\n-5', 'The result was - 5.', 'Thus y = -5', 'Thus y = −5.', 'the slope: -5', 'The sum equals –5 in the end.', 'So she owes -$5.', 'We obtain **-5**.', 'The minimum is (-5).'], ['The value is 5.', 'So the range is 3-5.', 'We get x - 5.', 'a loss of pre-5']],
    ['5', ['So the total is 5.', 'Result - 5', 'In total – 5 apples', 'The total — 5.'], ['The value is -5.', 'So x is -5.', 'The temperature dropped to -5 degrees.', 'Hence, the y-intercept is -5.', 'It is −5', 'It is –5.', 'We end up with ﹣5.', 'We get ‑5.', 'The minimum value\n\n-5', 'So she owes -$5.', 'profit = revenue - 5', 'We get x - 5.', 'Then f(x) = x-5', 'They scored 3–5', 'The ratio is 3-5.']],
    ['-7', ['The final balance is -7 dollars.', 'He is at −7 now', 'Change: -$7'], ['The final balance is 7 dollars.']], ['-3/4', ['The slope of the line is -3/4.', 'The slope is −3/4', r`The slope is -\frac{3}{4}`], ['The slope is 3/4.']],
    ['-1/2', ['The value is −1/2.', 'The answer is –1/2.', 'The answer is ‑½.']], ['-1200', ['The change is -1,200 dollars.', 'It fell by a total of -$1,200.'], ['The change is 1,200 dollars.']],
  ],
  remark: [
    ['42', ['The answer is 42 (since 6 × 7 = 42).', 'Final answer: 42 (after 3 steps)', 'The answer is 42 (see step 3).', '**Answer:** 42 (rounded to 2 decimal places)', 'The answer is 42 — 6 times 7.', 'The answer is 42 (6 * 7).', 'The answer is 42, since 6 * 7 = 42.', 'The answer is 42, which is 6 times 7.', 'The answer is 42 because 40 + 2 is that.', 'The answer is 42 (the first 2 steps hold).', 'The answer is 42 – the 3rd root was dropped.', 'The answer is 42; see equation 7.', 'The answer is 42 as 6*7 shows.', 'The answer is 42, i.e. 6 times 7.', 'Answer: 42 [from step 2]', 'Answer: 42 (= 6 × 7)', 'The answer is 42, not 41.', 'We get 42 (see equation 3).', 'Hence there are 42 of them (as found in step 2).', 'The total is 42, as shown in Figure 5.', 'So she has 42 in part 2.', 'The answer is 42 (that is, 84/2).', 'The answer is: 42, given that 3 of them were lost.', 'The answer is 42 for n = 3.', 'The answer is 42 -- half of 84'], ['The answer is 41 (not 42).', 'The answer is 6 (6 × 7 = 42).', 'The answer is 41 (see step 42).', 'The answer is 42 + 1.', 'The answer is 42 (x + 1).', 'The answer is 42 times 7.']],
    ['3/4', ['The answer is 3/4 (since 1 - 1/4 = 3/4).', 'The answer is 3/4, as 1 of 4 is lost.', r`The answer is $\frac{3}{4}$ (since 4 divides 12).`]], [r`2\sqrt{3}`, ['The answer is 2√3 (about 3.46).', 'The answer is 2*sqrt(3) ≈ 3.464.', 'Answer: 2√3 — the side of 1 triangle']],
    ['(1,2)', ['The answer is (1, 2), where 1 comes first.', 'Answer: (1, 2) (see figure 3)']], ['x = 3', ['The answer is x = 3 (since 3 + 4 = 7).']],
  ],
  piece: [
    ['6', ['The area is 6 cm^2.', 'The area is 6 cm².', 'The acceleration is 6 m/s^2.', 'The density is 6 g/cm^3.', 'It is **6 m^2**', 'The area is 6 (ft^2)', 'The area is 6 ft^2.', 'The answer is 6 m/s^2.', 'The answer is 6 m2.', 'The answer is 6 m².', 'It covers 6 square meters.', 'The speed is 6 km/h.', 'The answer is 6 kg·m/s².', 'The volume is 6 m^3', 'The volume is 6cm³.', 'The force is 6 N.', 'It takes 6 s.', 'The rate is 6 L/min.', 'The answer is 6 m.', 'about 6 cm2 of paper'], ['The area is 5 cm^6.', 'The area is 5 cm⁶.', 'It is x^6', 'It is 2^6.']],
    ['2', [], ['The area is 6 cm^2.', 'The area is 6 cm².', 'The acceleration is 6 m/s^2.', 'It is **36 m^2**', 'The area is 6 (ft^2)', 'The vertex is **(1, 2)**.', 'The polar coordinates are (3, π/2).', 'So the result follows.\n\nsqrt(3)/2', 'It is x**2 + 2*x.', 'The answer is 6 m2.', 'It is √2.', 'The value is 3√2', 'It is sqrt(2).', 'x_2 is the larger one', 'The value is x/2.', 'He used H2O', 'The answer is log_2(5).', 'We have x = y + 2', 'It holds for all x > 2.', 'So the ratio is 3:2.', 'The set is {1, 2}.', 'The interval is [0, 2].', 'It is 1/2.', 'The values are 1 and 2.', 'The values are 0, 1 and 2.', 'It is n choose 2', 'The remainder is x mod 2', 'as in version 1.2', 'on 3.1.2']],
    ['10', [], ['The product is x^2 + 7x + 10.', 'The answer is x² + 7x + 10.', 'The value is 2^10.', 'So the result follows.\n\n2**10', 'The value is 2 × 10^5', 'It is x - 10', 'It is log base 10', 'The area is width × 10.', 'It is 3e10', 'The cost is rate * 10 per hour']], ['3', [], ['So the result follows.\n\nx >= 3', 'So the result follows.\n\n(-oo, 3)', 'So we have\n\n1e-3', 'The value is 10^3', 'We get 2x = 3', 'It is 3! + 2', 'The ratio is 3 : 4.', 'It is 3 + 4i', 'It is 3i.', 'So it is 3x', 'They sold 3 dozen', 'It costs 3 million', 'It is |x - 3|', 'It is 3π.', 'That is 3°30']],
    [r`\frac12`, [], ['She needs 2 1/2 cups.', 'She needs 2½ cups.']], ['45', [], ['The train arrives at **3:45**.', 'The train arrives at 3:45 PM.']], ['5', [], ['The area is **5π** cm².', 'It is 5√2.', 'It is 5*sqrt(2)', 'The answer is 5 × 10^3', 'It is 25*5', 'It is 5^2', 'He won 5-3.']], ['25', [], ['The area is 25*pi', 'It is 25π.', 'It is 25 sqrt(2)']],
    [r`x^2+7x+10`, ['The product is x^2 + 7x + 10.', 'The answer is x² + 7x + 10.', 'So the result follows.\n\nx**2 + 7*x + 10', 'The product is x² + 7x + 10']], ['0', [], ['so he earned $70,000.', 'It costs $29.00.', 'So x = 2y + 0.5']],
  ],
  mixed: [
    ['5/2', ['She needs 2 1/2 cups.', 'She needs 2½ cups.', 'The answer is 2 1/2.', 'The answer is 2½ cups.', 'It is 2 ½.', 'That makes 5/2 cups', 'It takes 2-1/2 cups'.replace('2-1/2', '2 1/2')], ['She needs 2 1/3 cups.', 'She needs 1/2 cup.']], ['7/8', ['The answer is ⅞.', 'It is ⅞ of an inch.', 'He ate 7/8 of it.', 'So ⅞'], ['It is 1⅞.']], ['3/4', ['So ¾ remain.', 'The answer is ¾.', 'It is 3⁄4.']],
    ['-7/2', ['The value is -3 1/2.', 'It is −3½.'], ['The value is 3 1/2.', 'It is -2 1/2']], ['9.75', ['They walked 9 3/4 miles.', 'They walked 9¾ miles']], ['1/2', ['Half of it, so ½.', 'So it is 1/2']],
  ],
  time: [
    ['3:45', ['The train arrives at **3:45**.', 'The train arrives at 3:45 PM.', 'The answer is 3:45.', 'It is 3:45 p.m. then'], ['The train arrives at 3:54.', 'It takes 45 minutes.']], ['2:3', ['The ratio is **2:3**.', 'The ratio is 2 : 3', 'The answer is 2:3.'], ['The ratio is 3:2.', 'It is 3.']], ['10:05', ['They meet at 10:05.'], ['They meet at 10:50.', 'It is 5']],
    ['1:2:3', ['The ratio is 1:2:3.', 'So they split it 1 : 2 : 3'], ['The ratio is 1:3:2.']],
  ],
  tuple: [
    [r`(3,\frac{\pi}{2})`, ['The polar coordinates are **(3, π/2)**.', 'The polar coordinates are (3, pi/2).', 'So the point is (3, π/2)'], ['The polar coordinates are (3, π/3).']], ['(1,2)', ['The vertex is **(1, 2)**.', 'The vertex is at (1, 2), as shown.', 'So (x, y) = (1, 2).'], ['The vertex is (2, 1).', 'The vertex is (1, -2).']],
    ['(-1,4)', ['The midpoint is (-1, 4).', 'The midpoint is (−1, 4).']], ['[1,3)', ['The domain is [1, 3).', 'So the interval is [1, 3)'], ['The domain is (1, 3).']], [r`(-\infty,3)`, ['So the solution set is\n\n(-∞, 3)', 'So the result follows.\n\n(-oo, 3)'], ['It is (-∞, 3].']], [r`\{1,2\}`, ['The set is {1, 2}.', 'The solutions are 1 and 2.', 'The roots are 1, 2.', 'The solutions are x = 1 and x = 2.', 'The roots are x = 1 or x = 2'], ['The set is {1, 3}.']],
    ['1,2,3', ['The numbers are 1, 2 and 3.', 'The numbers are 1, 2, and 3.', 'They are 1, 2, 3.'], ['The numbers are 1 and 3.']],
  ],
  power: [
    ['300000', ['The answer is 3 × 10^5 m/s.', 'It is 3 × 10^5.', 'It is 3×10⁵ meters', 'The speed is 3 x 10^5 km.', 'It is 3e5.', 'It is 3 * 10^5', 'It is 3·10^5'], ['It is 3 × 10^6.', 'It is 3e-5']], ['0.001', ['So the result follows.\n\n1e-3', 'It is 10^-3', 'It is 1 × 10^-3.', 'It is 10⁻³.', 'The answer is 1E-3'], ['It is 1e-4.']], ['1024', ['The value is 2^10.', 'So the result follows.\n\n2**10', 'It is 2¹⁰.'], ['It is 2^11']],
    [r`5\pi`, ['The area is **5π** cm².', 'The area is 5*pi', 'It is 5π.', 'It is 5 pi', 'The area is 5π square units'], ['The area is 6π.', 'It is 5']], [r`25\pi`, ['The area is 25*pi', 'The circumference is 25π cm.', 'The answer is 25π.']], [r`\frac{\sqrt{3}}{2}`, ['So the result follows.\n\nsqrt(3)/2', 'It is √3/2.', 'It is sqrt(3)/2', 'It is (√3)/2'], ['It is √3/4', 'It is sqrt(2)/2']],
    ['-2\\pi', ['So the result follows.\n\n-2*pi', 'It is -2π.', 'It is −2π'], ['It is 2π.']], ['2\\sqrt{3}', ['The distance is 2√3 units.', 'It is 2√3', 'It is 2 sqrt(3).', 'The side is 2*sqrt(3) cm long'], ['It is 3√2']], ['x \\ge 3', ['So the result follows.\n\nx >= 3', 'It holds for x ≥ 3.', 'We need x >= 3'], ['We need x > 3']], ['x^2+2x', ['So the result follows.\n\nx**2 + 2*x', 'It is x² + 2x.'], ['It is x² + 3x']],
    ['3+4i', ['It is 3 + 4i.', 'The number is 3+4i'], ['It is 3 - 4i']], ['x^2', ['It is x².', 'So we get x^2']],
  ],
  thousands: [
    ['1000000', ['about 1 000 000 people', 'about 1\u00a0000\u00a0000 people', 'about 1\u202f000\u202f000 people', 'about 1\u2009000\u2009000 people', "about 1'000'000 people", 'about 1’000’000 people', 'about 1.000.000 people', 'about 1,000,000 people', 'That is 1 million people.', 'about 10,00,000 people', 'It has 1,000,000.', 'It has 1,000,000.00'], ['about 1 000 001 people', 'about 1,000 people']],
    ['70000', ['so he earned $70,000.', 'so he earned 70.000.000'.replace('70.000.000', '70,000'), 'so he earned 70 000 dollars', "It is 70'000", 'So 70,000 it is', 'so he earned $70,000.00'], ['so he earned $7,000.', 'so he earned $70,001']], ['1234567', ['In 2019 a total of 1,234,567', 'a total of 12,34,567', 'a total of 1.234.567']], ['1500000', ['The profit is $1.5 million.', 'The answer is 1.5 million.', 'It is 1.5 million dollars', 'a profit of 1.5 million'], ['The profit is $1.5 billion.', 'The profit is $1.5']], ['29', ['The order costs $29.00.', 'It is $29.'], ['It is $29.50.']], ['72', ['That makes 72 clips, altogether.', 'Natalia sold 72 clips altogether in April and May.']],
    ['1.5', ['It is $1.50.', 'It costs 1,50 €', 'The profit is $1.5'], ['The profit is $1.5 million.', 'The profit is 15']],
  ],
  markdown: [
    ['42', ['Answer:\n- 42', '**Answer:**\n\n- **42**', 'Here are the results:\n- 42', 'Answer:\n1. 42', '1. Add: 40 + 2 = 42.\n2. Done.', '## Answer\n\n42', '### Final answer\n**42**', '1. First, 6 times 7.\n2. That is 42.', '* 42', '- **42**', '• 42', '> 42', '**Result**: `42`', '__42__', '# 42', '| answer |\n|---|\n| 42 |', '## Step 3\nThe total is 42.\n\n## Step 4: Done', 'Total = **42** apples', 'It is *42*.', '<answer>42</answer>', '<answer>\n42\n</answer>', '1) 40 + 2 = 42\n2) Check.', '***42***', 'The answer is: `42`', '**The answer is 42.**', '~~41~~ 42', 'So we have ==42==', 'Result:\n\n```\n42\n```', '**Answer**\n42'], ['Answer:\n- 41', 'Answer:\n1. 41', '1. 42 is wrong.\n2. It is 41.', '- 42\n- 41']],
    ['-42', ['Answer: -42', 'Answer:\n-42', 'Answer: **-42**', 'x = -42', 'The answer is - 42.', '- -42'], ['Answer:\n- 42', 'Here are the results:\n- 42']], ['1', ['Answer:\n1', 'It is 1.'], ['Answer:\n1. 42', '1. Add.\n2. It is 3.']], ['2', [], ['1. Add: 40 + 2 = 42.\n2. Done.', '1. Go\n2. Stop']],
  ],
  choice: [
    ['B', ['Answer: B) 42', 'The correct option is **B**.', 'The correct answer is (B) 42.', 'Option B is correct.', 'The answer is B) 42.', 'The correct choice is B.', 'So the answer is **B. 42**', 'Correct option: B', 'Choice (B) is right.', 'The right choice is (B).'], ['Answer: C) 42', 'The correct option is **C**.', 'Option C is correct.']], ['42', ['Answer: B) 42', 'The answer is (B) 42.', r`\boxed{\textbf{(B)}\ 42}`, 'Answer: (B) 42'], ['Answer: B) 41', 'The answer is (B).']],
  ],
  correction: [
    ['21', [`${r`\boxed{42}`}\n\nWait, I made a mistake. The answer is 21.`, `${r`\boxed{42}`}\n\nOops, that is wrong. The answer is 21.`, r`\boxed{42}. Correction: the answer is $21$.`, r`\boxed{42}. Sorry, I was wrong. The correct answer is 21.`, r`\boxed{42} Wait, no. \boxed{21}`, r`\boxed{42}. The final answer is 21.`], []], ['42', [r`\boxed{42}. Let me check: 6 * 7 = 42.`, r`\boxed{42}. The answer is even, with 2 digits.`, r`\boxed{42}. Wait, let me check: 40 + 2. Yes.`, `${r`\boxed{42}`}\n\nThe sum of its digits is 6.`], [`${r`\boxed{42}`}\n\nWait, I made a mistake. The answer is 21.`]],
  ],
  'written around': [
    ['120', ['There are 5! ways.', 'It is 5!.', 'The number of orders is 5!, as shown.'], ['The answer is 42!']], ['5', [], ['There are 5! ways.', 'It is 5!.', 'The answer is 5 more than 3.']], ['42', ['The answer is 42!', 'I found 42!\nDone', 'It is 42! Great.', 'It is 42!!!'], []],
    ['8', ['It rose from 5 to 8.'], ['The probability is 3 out of 8.']], ['3', [], ['The probability is 3 out of 8.', 'Odds: 3 to 2.']], ['2', [], ['Odds: 3 to 2.']], ['50', [], ['The answer is 50% more than 8.']], ['17', ['The answer is 17, more than 5.'], []],
    ['63', ['*Answer:* *63*', 'The answer is ***63***.', 'The answer is *63* apples.'], []], ['15', ['The answer is 5 * 3.', 'The answer is 5*3.'], []],
  ],
  words: [['0', ['The answer is 0.'], ['The answer is zero.', 'It is none.']], ['5', ['It has 5 sides.'], ['The answer is five.', 'There are five.']], ['3', ['He came 3rd.', 'It is the 3rd one']], ['12', ['Hence, 12 is the answer.', 'There are 12 in total.', 'She has 12 left.', 'So 12 it is!', 'They need 12 a day.', 'There are 12, so we are done.', 'Thus a total of 12 apples a week'], ['It is 12th of 13.', 'He has 12 or 13.', 'It is between 11 and 12.']]],
}; // biome-ignore format: a table

test.each(Object.entries(KINDS))('%s: what is stated is read, a piece of it never', (_, rows) => {
  const faults: string[] = [];
  for (const [gold, right, wrong = []] of rows) {
    for (const text of right)
      if (!gradeMath(gold, text).correct)
        faults.push(`${gold} refuses ${text}: ${gradeMath(gold, text).answer}`);
    for (const text of wrong)
      if (gradeMath(gold, text).correct)
        faults.push(`${gold} accepts ${text}: ${gradeMath(gold, text).answer}`);
  }
  expect(faults).toEqual([]);
});
