/** Work on the one model, in the order in which it came. */
export interface JobQueue {
  /**
   * @param together - jobs next to each other of the same text run at once: completions of the same weights share every step.
   */
  run<T>(job: () => Promise<T>, together?: string): Promise<T>;
}

interface Job {
  run(): Promise<void>;
  together: string | undefined;
}

export function jobQueue(): JobQueue {
  const waiting: Job[] = [];
  let isWorking = false;
  const work = async (): Promise<void> => {
    isWorking = true;
    for (let job = waiting.shift(); job; job = waiting.shift()) {
      const batch = [job];
      while (job.together !== undefined && waiting[0]?.together === job.together)
        batch.push(waiting.shift()!); // there is one
      await Promise.all(batch.map(({ run }) => run()));
    }
    isWorking = false;
  };
  return {
    run: (job, together) =>
      new Promise((resolve, reject) => {
        waiting.push({ together, run: () => job().then(resolve, reject) });
        if (!isWorking) setImmediate(() => isWorking || work()); // requests of the same moment are seen together
      }),
  };
}
