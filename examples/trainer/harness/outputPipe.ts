/**
 * Calls `action` once when whoever read our output has gone (`npm start | head`), instead of the error that Node throws.
 * What is written from then on is dropped.
 */
export function onReaderGone(action: () => void): void {
  let gone = false;
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (gone) return; // each later write fails as well
      if (error.code !== 'EPIPE') throw error;
      gone = true;
      action();
    });
  }
}
