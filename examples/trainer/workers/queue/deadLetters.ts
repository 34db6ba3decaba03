import type { JsMsg } from '@nats-io/jetstream';
import { type DeadLetter, packed, unpacked } from './messages.ts';
import type { Nats } from './nats.ts';
import { publish } from './publish.ts';
import { deadSubject, GIVEN_UP, JOBS } from './streams.ts';
import type { WaitingJob, WaitingJobs } from './waitingJobs.ts';

/** The server's own word for a message that it gives out no more. */
interface GivenUp {
  stream_seq: number;
  deliveries: number;
}

/** Buries jobs that no worker could do: by the letter of the last one, or by the server's word where none was left to write. */
export function readDeadLetters(nats: Nats, run: string, jobs: WaitingJobs) {
  const subject = deadSubject(run);
  const buryCrashed = async ({ job, seq }: WaitingJob, deliveries: number): Promise<void> => {
    const reason = `${deliveries} workers went away while they did it, or took too long`;
    const letter: DeadLetter = { job, worker: 'none is left', reason };
    const data = await packed(nats, JSON.stringify(letter));
    await publish(nats, { subject, data, id: `${job.id}/${job.attempt}` });
    await nats.manager.streams.deleteMessage(JOBS, seq).catch(() => {}); // gone already
    jobs.bury(job.id, reason);
  };
  return async (message: JsMsg): Promise<void> => {
    if (message.subject === subject) {
      const letter = JSON.parse(await unpacked(nats, message.data)) as DeadLetter; // written by a worker, or above
      jobs.bury(letter.job.id, `${letter.reason} (${letter.worker})`);
    } else if (message.subject === GIVEN_UP) {
      const { stream_seq: place, deliveries } = message.json<GivenUp>();
      const crashed = jobs.all().find(({ seq }) => seq === place);
      if (crashed) await buryCrashed(crashed, deliveries);
    }
    message.ack();
  };
}
