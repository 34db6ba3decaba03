import { describe, expect, test } from 'vitest';
import golden from '../../../fixtures/codewordsFeedback.json';
import { codewordsFeedback } from './codewordsFeedback.ts';

describe('codewordsFeedback', () => {
  test.each(golden.cases)("answers the reference's words: $feedback", (row) => {
    const task = { digits: row.digits, words: row.words };
    expect(codewordsFeedback(task, row.completion)).toEqual({
      right: row.right,
      text: row.feedback,
    });
  });

  test('every kind of mistake occurs in the golden cases', () => {
    const kinds = new Set(
      golden.cases.map(({ feedback }) =>
        feedback.replace(/\d+/g, '#').replace(/\b[a-z]{3,5}\b/g, 'w'),
      ),
    );
    expect([...kinds].sort()).toMatchInlineSnapshot(`
      [
        "Right.",
        "Wrong. Step #: # w #, w #. Try w.",
        "Wrong. Step #: w w, w w. Try w.",
        "Wrong. Step #: w w. Try w.",
        "Wrong. The answer is #. Try w.",
      ]
    `);
  });

  test('words mean what the lexicon says', () => {
    const task = { digits: '1234', words: ['teg'] };
    const attempt = '<think>\n1234 teg rev 4321\n</think>\n\n4321';
    expect(codewordsFeedback(task, attempt).right).toBe(true);
    expect(codewordsFeedback(task, attempt, { teg: 'left' }).text).toBe(
      'Wrong. Step 1: teg left, not rev. Try again.',
    );
  });

  test('an operation name from the prototype chain is no meaning', () => {
    const attempt = '<think>\n1234 teg constructor 4321\n</think>\n\n1';
    const { text } = codewordsFeedback({ digits: '1234', words: ['teg'] }, attempt);
    expect(text).toBe('Wrong. Step 1: teg rev. Try again.');
  });
});
