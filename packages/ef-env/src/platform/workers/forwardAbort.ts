/** Signals of callers, with the calls that end when one is aborted. */
export type HeardSignals = Map<AbortSignal, { calls: Set<AbortController>; forward: () => void }>;

/**
 * Aborts `call` with `signal`. All calls with one signal share one listener: Node warns from the eleventh on.
 *
 * @returns stops doing so.
 */
export function forwardAbort(
  heard: HeardSignals,
  signal: AbortSignal | undefined,
  call: AbortController,
): () => void {
  if (signal === undefined) return () => {};
  const { calls, forward } = heard.get(signal) ?? listenTo(heard, signal);
  calls.add(call);
  return () => {
    calls.delete(call);
    if (calls.size > 0) return;
    heard.delete(signal);
    signal.removeEventListener('abort', forward);
  };
}

function listenTo(
  heard: HeardSignals,
  signal: AbortSignal,
): { calls: Set<AbortController>; forward: () => void } {
  const calls = new Set<AbortController>();
  const forward = (): void => {
    for (const call of calls) call.abort(signal.reason);
  };
  signal.addEventListener('abort', forward, { once: true });
  const listener = { calls, forward };
  heard.set(signal, listener);
  return listener;
}
