/** Between two signs of life, milliseconds: the clients of openreward send them so, and servers wait for 15 minutes. */
const PING_INTERVAL = 10_000;

/** Runs `ping` every 10 s, never twice at once, until the function that it returns is called. Its failures say nothing. */
export function keepAlive(ping: () => Promise<unknown>): () => void {
  let running = false;
  const timer: unknown = setInterval(async () => {
    if (running) return;
    running = true;
    await ping().catch(() => {}); // the next request tells what is wrong
    running = false;
  }, PING_INTERVAL);
  (timer as { unref?(): void }).unref?.(); // browsers have none: a session keeps no process alive
  return () => clearInterval(timer as ReturnType<typeof setInterval>);
}
