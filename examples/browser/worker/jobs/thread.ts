// Works for runs elsewhere, away from the page: signs of life go on while the page is busy or hidden.
import type { EpisodesJob } from '../../../trainer/workers/episodesJob.ts';
import { workFor } from '../../../trainer/workers/worker/workFor.ts';
import type { Done, JobsReply, JobsRequest, TabWork } from '../../jobsProtocol.ts';
import { openEngine } from '../engine.ts';
import { openTabNats } from './openTabNats.ts';
import { tabFiles } from './tabFiles.ts';

const stop = new AbortController();
const reply = (message: JobsReply): void => postMessage(message);
const say = (text: string): void => reply({ say: 'line', text });

addEventListener('message', ({ data }: MessageEvent<JobsRequest>): void => {
  if (data.do === 'stop') {
    say('stopping: what is under way goes to another worker');
    stop.abort(new Error('stopped'));
  } else {
    void work(data.work).then(
      () => reply({ say: 'ended' }),
      (error: Error) => reply({ say: 'ended', error: error.message }),
    );
  }
});

async function work({ url, token, device, model }: TabWork): Promise<void> {
  const [number] = crypto.getRandomValues(new Uint32Array(1));
  const worker = `tab-${number!.toString(16)}`; // one was drawn
  const nats = await openTabNats({ url, token, name: worker, say });
  let lost: Error | undefined;
  const engine = await openEngine(device, (error) => {
    lost = error;
    stop.abort(error);
  });
  reply({ say: 'opened', device: engine.name, notice: engine.notice });
  const done: Done = { jobs: 0, episodes: 0, verdicts: 0, seconds: 0 };
  await workFor(nats, {
    ...{ worker, library: libraryOf(engine.name), slots: 1, looksFirst: true },
    ...{ files: tabFiles(model), say, signal: stop.signal },
    onDone({ seconds }, job) {
      done.jobs += 1;
      done.seconds += seconds;
      if (job.does === 'episodes') done.episodes += episodesOf(job.options);
      else done.verdicts += 1;
      reply({ say: 'done', done });
    },
  });
  if (lost) throw new Error(`${lost.message} Connect again.`);
}

/** The kernels by the name that a worker of Node gives them: the same ones compute the same bits. */
const libraryOf = (engine: string): string => engine.replace(/^wasm (\w+)$/, '$1.wasm');

const episodesOf = ({ tasks, groupSize = 1 }: EpisodesJob['options']): number =>
  tasks.length * groupSize;
