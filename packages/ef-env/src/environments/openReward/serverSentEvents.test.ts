import { expect, test } from 'vitest';
import { type ServerSentEvent, serverSentEvents } from './serverSentEvents.ts';

/** The events of a stream that comes in these pieces. */
async function eventsOf(pieces: readonly Uint8Array[]): Promise<ServerSentEvent[]> {
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => {
      for (const piece of pieces) controller.enqueue(piece);
      controller.close();
    },
  });
  const events: ServerSentEvent[] = [];
  for await (const event of serverSentEvents(body, () => {})) events.push(event);
  return events;
}

const STREAM =
  ': ping\r\n\r\nevent: task_id\r\ndata: 1\r\n\r\nevent: chunk\r\ndata:   two blanks é世🌍\r\n\r\nid: 7\r\ndata\r\ndata: b\r\nevent: end\r\n\r\n';
const EVENTS = [
  { event: 'task_id', data: '1' },
  { event: 'chunk', data: '  two blanks é世🌍' },
  { event: 'end', data: '\nb' },
];

test.each([
  ['CR LF', STREAM],
  ['LF', STREAM.replaceAll('\r\n', '\n')],
  ['CR', `${STREAM.replaceAll('\r\n', '\r')}: more\r`],
])('is read wherever it is cut, with lines that end by %s', async (_, text) => {
  const bytes = new TextEncoder().encode(text);
  expect(await eventsOf([bytes])).toEqual(EVENTS);
  for (let cut = 1; cut < bytes.length; cut++) {
    expect(await eventsOf([bytes.slice(0, cut), bytes.slice(cut)])).toEqual(EVENTS);
  }
  expect(await eventsOf([...bytes].map((byte) => Uint8Array.of(byte)))).toEqual(EVENTS);
});

test('an event that was not ended is none', async () => {
  expect(await eventsOf([new TextEncoder().encode('data: a\n\ndata: b\n')])).toEqual([
    { event: '', data: 'a' },
  ]);
});

test('who stops reading closes the stream', async () => {
  let cancelled = false;
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(new TextEncoder().encode('data: a\n\n')),
    cancel: () => {
      cancelled = true;
    },
  });
  for await (const { data } of serverSentEvents(body, () => {})) {
    expect(data).toBe('a');
    break;
  }
  expect(cancelled).toBe(true);
});
