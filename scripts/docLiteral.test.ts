import { describe, expect, test } from 'vitest';
import { differs, parseDocLiteral } from './docLiteral.ts';

const fault = (comment: string, actual: unknown): string | null => {
  const literal = parseDocLiteral(comment);
  if (literal === null) throw new Error(`'${comment}' was read as prose`);
  return differs(literal, actual);
};

describe('docLiteral', () => {
  test.each([
    '[P * G]',
    'about 4',
    '0.5, then 0.7',
    '[1, ...]',
    'the loss',
    'f(1)',
    '',
    '4 tokens',
  ])("'%s' is prose", (comment) => {
    expect(parseDocLiteral(comment)).toBeNull();
  });

  test('a number stands for what rounds to it', () => {
    expect(fault('0.8659', 0.86594)).toBeNull();
    expect(fault('-1.2e-5', -1.24e-5)).toBeNull();
    expect(fault('0.8659', 0.867)).toBe('value is 0.867, the comment says 0.8659');
    expect(fault('4', 4.01)).toBe('value is 4.01, the comment says 4');
    expect(fault('NaN', Number.NaN)).toBeNull();
  });

  test('lists are compared item by item, a typed array also by its type', () => {
    expect(fault('[1, 2]', new Float32Array([1, 2]))).toBeNull();
    expect(fault('Float32Array [1, 2]', new Float32Array([1, 2]))).toBeNull();
    expect(fault('Float32Array [1, 2]', [1, 2])).toBe(
      'value is a Array, the comment says Float32Array',
    );
    expect(fault('[1, 2]', [1])).toBe('value has 1 items, the comment 2: [1]');
  });

  test('an object must have what the comment lists and may have more', () => {
    expect(
      fault("{ loss: 0.5, ids: [1], stop: 'eos' }", { loss: 0.5, ids: [1], stop: 'eos', more: 1 }),
    ).toBeNull();
    expect(fault('{ loss: 0.5 }', { loss: 1 })).toBe('value.loss is 1, the comment says 0.5');
  });
});
