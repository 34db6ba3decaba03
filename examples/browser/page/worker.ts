// The page of a tab that works for runs elsewhere: what works is loaded, and lives, from Connect to the end.
import type { Done, JobsReply, JobsRequest } from '../jobsProtocol.ts';
import { byId, element } from './elements.ts';

/** Lines that stay on the page. */
const LINES = 50;

let thread: Worker | undefined;

const fields = byId<'form'>('connect').elements;
const field = (name: string): HTMLInputElement => fields.namedItem(name) as HTMLInputElement; // of worker.html

const HANDLERS: { [Say in JobsReply['say']]: (reply: Extract<JobsReply, { say: Say }>) => void } = {
  opened: ({ device, notice = '' }) => {
    byId('device').textContent = device;
    byId('notice').textContent = notice;
  },
  line: ({ text }) => {
    const lines = byId<'ol'>('lines');
    lines.prepend(element('li', { textContent: text }));
    while (lines.childElementCount > LINES) lines.lastElementChild?.remove();
  },
  done: ({ done }) => {
    byId<'p'>('done').textContent = doneWords(done);
  },
  ended: ({ error = '' }) => {
    byId<'p'>('error').textContent = error;
    end();
  },
};

function doneWords({ jobs, episodes, verdicts, seconds }: Done): string {
  const judged = verdicts > 0 ? `, ${verdicts} verdicts` : '';
  return `${jobs} jobs: ${episodes} episodes${judged}, ${seconds.toFixed(1)} s of work`;
}

function end(): void {
  thread?.terminate();
  thread = undefined;
  byId<'section'>('work').hidden = true;
  byId<'form'>('connect').hidden = false;
}

function connect(): void {
  byId<'p'>('error').textContent = '';
  byId('device').textContent = 'opening …';
  byId('notice').textContent = '';
  byId<'p'>('done').textContent = '0 jobs';
  byId<'ol'>('lines').replaceChildren();
  byId<'form'>('connect').hidden = true;
  byId<'section'>('work').hidden = false;
  thread = new Worker(new URL('../worker/jobs/thread.ts', import.meta.url), { type: 'module' });
  thread.onmessage = ({ data }: MessageEvent<JobsReply>): void => {
    const handle = HANDLERS[data.say] as (reply: JobsReply) => void; // the one of its name
    handle(data);
  };
  thread.onerror = ({ message }) => HANDLERS.ended({ say: 'ended', error: message });
  const work = {
    url: field('url').value,
    token: field('token').value || undefined,
    device: field('device').value === 'auto' ? ('auto' as const) : ('cpu' as const),
    model: [...(field('files').files ?? [])],
  };
  ask({ do: 'work', work });
}

const ask = (request: JobsRequest): void => thread?.postMessage(request);

byId('connect').onsubmit = (event) => {
  event.preventDefault();
  connect();
};
byId('stop').onclick = () => ask({ do: 'stop' });
field('url').value = new URLSearchParams(location.search).get('url') ?? field('url').value;
