/** The last job per key; jobs of one key run one after the other. */
const running = new Map<string, Promise<unknown>>();

/**
 * Runs `job` after every earlier job of the same key: two models saved into one folder at once must not leave the
 * config of one beside the weights of the other. Other processes are not waited for.
 */
export function inTurn<T>(key: string, job: () => Promise<T>): Promise<T> {
  const mine = (running.get(key) ?? Promise.resolve()).then(job, job);
  running.set(key, mine);
  const forget = (): void => {
    if (running.get(key) === mine) running.delete(key);
  };
  mine.then(forget, forget);
  return mine;
}
