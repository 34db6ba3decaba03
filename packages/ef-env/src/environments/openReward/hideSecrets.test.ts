import { expect, test } from 'vitest';
import { hideSecrets, secretParts } from './hideSecrets.ts';

test('long values are taken out, the longest first; short ones may be any word', () => {
  const hide = hideSecrets(['secret-1', 'secret-1-and-more', 'me', undefined]);
  expect(hide?.('secret-1-and-more, secret-1: me')).toBe('[hidden], [hidden]: me');
  expect(hideSecrets(['me', undefined])).toBeUndefined();
});

test('headers and addresses may hold secrets', () => {
  const headers = {
    Authorization: 'Bearer token-of-mine',
    accept: 'text/html',
    'x-api-key': 'key',
  };
  expect(secretParts(headers, 'http://127.0.0.1/?t=token-of-the-url')).toEqual([
    'token-of-the-url',
    'Bearer token-of-mine',
    'token-of-mine',
    'key',
    'key',
  ]);
});
