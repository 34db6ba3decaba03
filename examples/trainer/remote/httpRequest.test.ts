import { setImmediate as afterEvents } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { afterEach, expect, test } from 'vitest';
import { httpRequest } from './httpRequest.ts';

/** Answers `{}` and closes a connection that was idle for 50 ms, as uvicorn does after 5 s, without a word in its headers. */
const IMPATIENT = `
const { createServer } = require('node:net');
const { parentPort } = require('node:worker_threads');
const answer = 'HTTP/1.1 200 OK\\r\\ncontent-type: application/json\\r\\ncontent-length: 2\\r\\n\\r\\n{}';
const server = createServer((socket) => {
  let idle;
  socket.on('error', () => {});
  socket.on('data', () => {
    clearTimeout(idle);
    socket.write(answer);
    idle = setTimeout(() => socket.destroy(), 50);
  });
});
server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));
`;

let worker: Worker | undefined;
afterEach(async () => void (await worker?.terminate()));

test('connections that were closed while this process computed are not used again', async () => {
  worker = new Worker(IMPATIENT, { eval: true });
  const port = await new Promise((resolve) => worker!.once('message', resolve));
  const server = { setting: 'test', tokenSetting: 'token', url: `http://127.0.0.1:${port}` };
  const ask = () => httpRequest({ ...server, waits: [] }, '/');
  for (let round = 0; round < 3; round++) {
    await Promise.all([ask(), ask(), ask()]);
    await afterEvents();
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200); // computing
    expect(await ask()).toEqual({});
  }
});
