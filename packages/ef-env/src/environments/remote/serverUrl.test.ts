import { expect, test } from 'vitest';
import { serverUrl } from './serverUrl.ts';

test.each([
  ['http://127.0.0.1:8000', 'ws://127.0.0.1:8000/ws', 'http://127.0.0.1:8000/step'],
  ['ws://127.0.0.1:8000/ws', 'ws://127.0.0.1:8000/ws', 'http://127.0.0.1:8000/step'],
  ['https://example.org/', 'wss://example.org/ws', 'https://example.org/step'],
  ['https://example.org/env/ws/', 'wss://example.org/env/ws', 'https://example.org/env/step'],
  ['wss://example.org?t=1', 'wss://example.org/ws?t=1', 'https://example.org/step?t=1'],
])('%s is read as both addresses of the server', (text, webSocket, http) => {
  const url = serverUrl('openEnv', text);
  expect([url.webSocket, url.http('/step')]).toEqual([webSocket, http]);
});

test('what messages show has no query, which may hold a token', () => {
  const url = serverUrl('openEnv', 'wss://example.org/env?token=secret');
  expect([url.shown('/ws'), url.shown('')]).toEqual([
    'wss://example.org/env/ws',
    'https://example.org/env',
  ]);
});

test('an address without a scheme, or with a user, is refused', () => {
  expect(() => serverUrl('openEnv', '127.0.0.1:8000')).toThrowErrorMatchingInlineSnapshot(
    `[EfEnvError: openEnv: url must be like http://127.0.0.1:8000 or wss://example.org, got "127.0.0.1:8000". Add the scheme.]`,
  );
  expect(() => serverUrl('openEnv', 'ftp://example.org')).toThrow('got "ftp://example.org"');
  expect(() =>
    serverUrl('openEnv', 'http://me:secret@example.org'),
  ).toThrowErrorMatchingInlineSnapshot(
    `[EfEnvError: openEnv: url must not hold a user name, that of example.org does. Use headers: { authorization: ... }.]`,
  );
});
