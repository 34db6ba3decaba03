import { workerPort } from '#platform';
import { EfEnvError } from '../../base/errors.ts';
import type { BootRequest, ImageRequest, RunRequest, WorkerMessage } from './workerMessages.ts';

/** Runs one program with its tests and reports `started`, `output`, `tested` and how it ended. */
export type Interpreter = (
  request: RunRequest,
  send: (message: WorkerMessage) => void,
) => void | Promise<void>;

/** The loop of a worker: boots an interpreter, then runs what it is sent, one program at a time. */
export async function serveRuns(
  boot: (request: BootRequest) => Promise<Interpreter>,
  makeImage?: (request: ImageRequest) => Promise<unknown>,
): Promise<void> {
  const port = await workerPort();
  const send = (message: WorkerMessage): void => port.post(message);
  let interpreter: Interpreter | null = null;
  port.listen(async (message) => {
    const request = message as BootRequest | ImageRequest | RunRequest; // only the host writes to this port
    try {
      if (request.kind === 'boot') {
        interpreter = await boot(request);
        send({ kind: 'ready' });
      } else if (request.kind === 'image') {
        send({ kind: 'image', image: await makeImage?.(request) });
      } else await interpreter?.(request, send);
    } catch (error) {
      send(request.kind === 'run' ? { kind: 'crash' } : bootFailure(error));
    }
  });
}

function bootFailure(error: unknown): WorkerMessage {
  const message = error instanceof Error ? error.message : String(error);
  const missing = error instanceof EfEnvError && error.code === 'missing-peer';
  return { kind: 'failed', code: missing ? 'missing-peer' : 'sandbox', message };
}
