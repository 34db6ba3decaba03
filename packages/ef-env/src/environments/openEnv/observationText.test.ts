import { expect, test } from 'vitest';
import { observationText } from './observationText.ts';

test('the only text among numbers and empty fields is the observation', () => {
  const observation = { text: 'A door.', length: 7, won: false, hint: null, log: [], note: '' };
  expect(observationText(observation)).toBe('A door.');
});

test('metadata are not shown', () => {
  const metadata = { original_message: 'hi', truth: '42' };
  expect(observationText({ metadata, echoed_message: 'hi', message_length: 2 })).toBe('hi');
  expect(JSON.parse(observationText({ metadata, a: 'x', b: 'y' }))).toEqual({ a: 'x', b: 'y' });
});

test.each([
  [{ stdout: '1', stderr: 'warning' }],
  [{ prompt: 'Play.', messages: [{ content: 'You won.' }] }],
  [{ board: [[0, 1]], turn: 1 }],
  [{}],
])('nothing in %j is lost', (observation) => {
  expect(JSON.parse(observationText(observation))).toEqual(observation);
});
