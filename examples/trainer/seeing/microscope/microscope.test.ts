import { describe, expect, test } from 'vitest';
import { sampleCompletion } from '../report/sampleRun.ts';
import { microscopeText } from './microscopeText.ts';
import { tokenTable } from './tokenTable.ts';

describe('tokenTable', () => {
  test('puts the numbers of sampled tokens where the tokens are', () => {
    const [, header, first, second] = tokenTable(sampleCompletion(1));
    expect(header).toMatchObject({ role: 'ignore', isSampled: false, loss: undefined });
    expect(first).toMatchObject({
      text: '<b>',
      logprob: -0.5,
      gradientShare: -0.1,
      advantage: 0.7,
    });
    expect(second).toMatchObject({ role: 'assistant', refLogprob: -1.5, loss: -0.7 });
  });
});

describe('microscope', () => {
  test('without colours brackets say what was trained', () => {
    expect(microscopeText(sampleCompletion(3), { colors: false })).toMatchInlineSnapshot(`
      "update 3: reward 1, advantage 0.700, ended by done

      1 + 1?⏎
      [<b>][2][<|im_end|>]

      In brackets: trained tokens.

      token       role       mask  log-prob     ref  advantage    loss  gradient
      1 + 1?      ignore        0
      ⏎           ignore        0
      <b>         assistant     1    -0.500  -0.600      0.700  -0.700  -10.00 %
      2           assistant     1    -2.000  -1.500      0.700  -0.700  -20.00 %
      <|im_end|>  assistant     1    -0.250  -0.200      0.700  -0.700    5.00 %"
    `);
  });

  test('with colours green is more probable, red less, the largest gradient brightest', () => {
    const text = microscopeText(sampleCompletion(3), { colors: true });
    expect(text).toContain('\x1b[90m1 + 1?\x1b[0m');
    expect(text).toContain('\x1b[97;48;5;46m2\x1b[0m');
    expect(text).toContain('\x1b[97;48;5;88m<|im_end|>\x1b[0m');
  });

  test('says where nothing was trained', () => {
    const { tokens, ...row } = sampleCompletion(1);
    const { losses, logprobs, refLogprobs, gradientShares, ...untrained } = tokens;
    const text = microscopeText({ ...row, tokens: untrained }, { colors: false });
    expect(text).toContain('no token of it was trained on in this update');
    expect(text).not.toContain('gradient');
  });
});
