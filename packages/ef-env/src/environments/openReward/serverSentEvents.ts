import { pause } from '../remote/pause.ts';

/** An event of a stream `text/event-stream`. */
export interface ServerSentEvent {
  event: string;
  data: string;
}

/** Time for what ends a stream to follow its last event, milliseconds: a connection that was read to its end is used again. */
const END_TIME = 20;

/**
 * The events of a stream, one after the other; `alive` is told of all that comes, comments too. Exactly one blank
 * behind a colon is none of the data: a piece of a longer text may begin with blanks of its own.
 *
 * @see WHATWG HTML, 9.2.6 Interpreting an event stream: https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export async function* serverSentEvents(
  body: ReadableStream<Uint8Array>,
  alive: () => void,
): AsyncGenerator<ServerSentEvent> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  let event = '';
  let data: string[] = [];
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      alive();
      // a CR at the end may be the first half of a CRLF
      const lines = (rest + decoder.decode(value, { stream: true })).split(/\r\n|\n|\r(?!$)/);
      rest = lines.pop() ?? '';
      for (const line of lines) {
        if (line === '') {
          if (data.length > 0) yield { event, data: data.join('\n') };
          [event, data] = ['', []];
          continue;
        }
        const colon = line.indexOf(':');
        const [name, text] = colon < 0 ? [line, ''] : [line.slice(0, colon), line.slice(colon + 1)];
        if (name === 'event') event = text.replace(/^ /, '');
        if (name === 'data') data.push(text.replace(/^ /, ''));
      }
    }
  } finally {
    await Promise.race([reader.read().catch(() => {}), pause(END_TIME, undefined)]);
    reader.cancel().catch(() => {}); // it broke
  }
}
