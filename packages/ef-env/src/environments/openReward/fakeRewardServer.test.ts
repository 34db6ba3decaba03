import { expect, test } from 'vitest';
import { fakeRewardServer, RECORD } from './fakeRewardServer.ts';

const withoutIds = (text: string): string =>
  text
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<session>')
    .replace(/[0-9a-f]{32}/g, '<task>');

/** Asks as recorded; `task`: of the latest call. */
async function ask(
  url: string,
  { method, path, body }: { method: string; path: string; body?: unknown },
  { session, task = '' }: { session?: string | undefined; task?: string | undefined } = {},
): Promise<{ status: number; answer: string }> {
  const response = await fetch(url + path, {
    method,
    redirect: 'manual',
    headers: session === undefined ? {} : { 'X-Session-ID': session },
    body: body === undefined ? null : JSON.stringify(body).replace('<task>', task),
  });
  return { status: response.status, answer: await response.text() };
}

const idIn = (answer: string): string | undefined => /^data: (.+?)\r?$/m.exec(answer)?.[1];

test('the server of these tests answers the recorded requests as openreward 0.1.167 did', async () => {
  const { url } = await fakeRewardServer();
  for (const recorded of RECORD.http) {
    const { status, answer } = await ask(url, recorded);
    expect([recorded.path, status, withoutIds(answer)]).toEqual([
      recorded.path,
      recorded.status,
      recorded.answer,
    ]);
  }
});

test('and those of the recorded sessions', async () => {
  const { url } = await fakeRewardServer();
  for (const { exchanges } of RECORD.sessions) {
    const opening = { method: 'POST', path: '/create_session', body: {} };
    const session = idIn((await ask(url, opening)).answer);
    let task: string | undefined;
    for (const recorded of exchanges) {
      const { status, answer } = await ask(url, recorded, { session, task });
      if (recorded.path.endsWith('/call')) task = idIn(answer) ?? task;
      expect([recorded.path, status, withoutIds(answer)]).toEqual([
        recorded.path,
        recorded.status,
        recorded.answer,
      ]);
    }
  }
});

test('and refuses any other', async () => {
  const { url } = await fakeRewardServer();
  expect((await ask(url, { method: 'GET', path: '/steps/metadata' })).status).toBe(501);
  expect(
    (await ask(url, { method: 'POST', path: '/steps/tasks', body: { split: 'x' } })).status,
  ).toBe(501);
});
