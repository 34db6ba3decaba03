import { type Job, unpacked } from './messages.ts';
import type { Nats } from './nats.ts';
import { JOBS, jobsSubject } from './streams.ts';

/** The latest job of each run that has some in the queue, without taking it. */
export async function jobsInQueue(nats: Nats): Promise<Job[]> {
  const { streams } = nats.manager;
  const { state } = await streams.info(JOBS, { subjects_filter: jobsSubject('*') });
  const jobs: Job[] = [];
  for (const subject of Object.keys(state.subjects ?? {})) {
    const message = await streams.getMessage(JOBS, { last_by_subj: subject });
    if (message === null) continue; // done meanwhile
    const job = await unpacked(nats, message.data)
      .then((text) => JSON.parse(text) as Job) // written by the queue
      .catch(() => undefined); // no job: whoever takes it puts it aside
    if (job) jobs.push(job);
  }
  return jobs;
}
