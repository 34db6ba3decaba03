import { expect, test } from 'vitest';
import { parseAnswer } from './parseAnswer.ts';

test('parseAnswer takes what follows the last closed thought', () => {
  expect(parseAnswer('<think>\n1\n</think>\n\n2')).toBe('2');
  expect(parseAnswer('<think>1</think>2<think>3</think> 4 ')).toBe('4');
  expect(parseAnswer('<think>never closed 7')).toBeNull();
});
