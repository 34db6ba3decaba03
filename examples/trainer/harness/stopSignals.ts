/** Exit codes of a process that a signal ended, by convention 128 + its number. */
const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/**
 * Ctrl-C and its kind: the first aborts `stop`, so that the run saves and ends; a second one ends the process at once.
 *
 * @param say - Prints a line above a progress bar.
 */
export function onStopSignals(stop: AbortController, say: (text: string) => void): void {
  let stoppedAt = 0;
  for (const name of Object.keys(SIGNALS) as (keyof typeof SIGNALS)[]) {
    // keys of a literal
    process.on(name, () => {
      if (stop.signal.aborted) {
        // npm, a shell and a process group may each pass on the same signal: that is not a second wish.
        if (performance.now() - stoppedAt > 1000) process.exit(SIGNALS[name]);
        return;
      }
      stoppedAt = performance.now();
      process.exitCode = SIGNALS[name];
      say(`${name}: saving (again to stop at once)`);
      stop.abort(new Error(name));
    });
  }
}
