import type { Reply, Request, View } from '../protocol.ts';
import type { Update } from '../run/session.ts';
import { ownFiles, prepareChoice, readChoice } from './choice.ts';
import { curvesHtml } from './curves.ts';
import { byId, element } from './elements.ts';

const worker = new Worker(new URL('../worker/worker.ts', import.meta.url), { type: 'module' });
const ask = (request: Request): void => worker.postMessage(request);

/** The last state that the worker told. */
let view: View | undefined;

const HANDLERS: { [Say in Reply['say']]: (reply: Extract<Reply, { say: Say }>) => void } = {
  opened: ({ device, notice = '' }) => {
    byId('device').textContent = device;
    byId('notice').textContent = notice;
  },
  run: (reply) => {
    view = reply.view;
    showRun();
  },
  update: ({ update, learningRate }) => {
    if (!view) return;
    view.updates.push(update);
    view.learningRate = learningRate;
    showRun();
  },
  running: ({ running, over }) => {
    if (!view) return;
    Object.assign(view, { running, over });
    showButtons(view);
  },
  chat: ({ question, before, after }) => {
    byId('answers').prepend(
      element('div', { className: 'episode' }, [
        line('question', question),
        line('before', before),
        line('after', after),
      ]),
    );
  },
  files: ({ files }) => offer(files),
  notice: ({ text }) => {
    byId('notice').textContent = text;
  },
  error: ({ text }) => {
    byId('error').textContent = text;
  },
};

worker.onmessage = ({ data }: MessageEvent<Reply>): void => {
  const handle = HANDLERS[data.say] as (reply: Reply) => void; // the one of its name
  handle(data);
};
worker.onerror = ({ message }) => {
  byId('error').textContent = message;
};

/** Something a person did; what it throws is said on the page. */
function act(job: () => void): (event: Event) => void {
  return (event) => {
    event.preventDefault();
    byId('error').textContent = '';
    try {
      job();
    } catch (error) {
      byId('error').textContent = (error as Error).message; // choice.ts throws Errors
    }
  };
}

function showRun(): void {
  byId<'section'>('run').hidden = !view;
  byId<'form'>('choice').hidden = view !== undefined;
  if (!view) return;
  const { plan, updates, actions, learningRate } = view;
  const how = plan.lora > 0 ? `, LoRA ${plan.lora}` : '';
  byId<'h2'>('title').textContent =
    `${plan.model.name}${how}: ${plan.data?.name ?? plan.environment}, ${plan.arm}, seed ${plan.seed}`;
  const rate = byId<'form'>('rate').elements.namedItem('learningRate') as HTMLInputElement; // of index.html
  if (document.activeElement !== rate) rate.value = String(learningRate);
  byId<'p'>('changes').textContent = actions
    .map(
      ({ stage, step, learningRate: rate }) => `learning rate ${rate} from ${stage} ${step + 1} on`,
    )
    .join('; ');
  byId('curves').innerHTML = curvesHtml(updates); // numbers and our own names
  showEpisodes(updates.at(-1));
  showButtons(view);
}

function showButtons({ running, over, updates }: View): void {
  const last = updates.at(-1);
  const words = last ? `${last.stage} ${last.step}/${last.of}` : 'not begun';
  const pausedOrDone = over ? 'done' : 'paused';
  const state = running ? 'training' : pausedOrDone;
  byId<'p'>('position').textContent = `${words}, ${state}`;
  byId<'button'>('train').disabled = running || over;
  byId<'button'>('pause').disabled = !running;
  byId<'button'>('step').disabled = running || over;
}

function showEpisodes(update: Update | undefined): void {
  if (!update || update.episodes.length === 0) return;
  byId('episodes').replaceChildren(
    ...update.episodes.map(({ turns, reward }) =>
      element('div', { className: 'episode' }, [
        ...turns.map(({ speaker, text }) => line(speaker, text)),
        line('reward', String(reward)),
      ]),
    ),
  );
}

const line = (who: string, text: string): HTMLElement =>
  element('p', {}, [element('span', { className: 'speaker', textContent: `${who}: ` }), text]);

/** Files to be downloaded. */
function offer(files: Record<string, Blob>): void {
  const links = Object.entries(files).map(([name, file]) => {
    const link = element('a', { download: name, href: URL.createObjectURL(file) }, [name]);
    return element('li', {}, [link, ` ${Math.ceil(file.size / 1024)} KiB`]);
  });
  byId<'ul'>('files').replaceChildren(...links);
}

prepareChoice();
byId('choice').onsubmit = act(() => {
  const { settings, own } = readChoice();
  ask({ do: 'start', plan: settings, own });
});
for (const name of ['train', 'pause', 'step', 'share', 'export', 'forget'] as const)
  byId(name).onclick = act(() => ask({ do: name }));
byId('rate').onsubmit = act(() => {
  const input = byId<'form'>('rate').elements.namedItem('learningRate') as HTMLInputElement; // of index.html
  const learningRate = Number(input.value);
  if (!(learningRate > 0)) throw new Error('learning rate: give a number above 0.');
  input.blur();
  ask({ do: 'rate', learningRate });
});
byId('ask').onsubmit = act(() => {
  const input = byId<'form'>('ask').elements.namedItem('question') as HTMLInputElement; // of index.html
  ask({ do: 'chat', text: input.value });
});
byId<'input'>('replay').onchange = act(() => {
  const input = byId<'input'>('replay');
  const [file] = input.files ?? [];
  const own = ownFiles();
  byId('notice').textContent = '';
  void file?.text().then((text) => ask({ do: 'replay', text, own }));
  input.value = '';
});
/** A tab out of sight may be put to sleep, or ended, without another word. */
document.addEventListener('visibilitychange', () => {
  if (document.hidden && view?.running) ask({ do: 'save' });
});
ask({ do: 'open', device: location.search.includes('device=cpu') ? 'cpu' : 'auto' });

/** For checks of this page: what a driver that crashes does to it. */
Object.assign(globalThis, { loseDevice: () => ask({ do: 'lose' }) });
