// A worker of threadsPage.ts.
import { type ThreadsJob, type ThreadsResult, trainInBrowser } from './threadsProgram.ts';

/** A worker's global scope, as far as it is used here. */
declare function addEventListener(
  type: 'message',
  listener: (event: { data: ThreadsJob }) => void,
): void;
declare function postMessage(result: ThreadsResult): void;
declare function reportError(error: unknown): void;

addEventListener('message', ({ data }) => {
  trainInBrowser(data).then(postMessage, reportError);
});
