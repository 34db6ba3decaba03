/** Places for sessions on a server, of which there are only so many; who comes late waits. */
export interface SessionSlots {
  /** Resolves to the function that gives the place back; rejects with the signal's reason. */
  take(signal?: AbortSignal): Promise<() => void>;
}

/** `count` places, given in the order they were asked for. */
export function sessionSlots(count: number): SessionSlots {
  let free = count;
  const queue: (() => void)[] = [];

  const place = (): (() => void) => {
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      const next = queue.shift();
      if (next) next();
      else free++;
    };
  };

  return {
    take: (signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        if (free > 0) {
          free--;
          return resolve(place());
        }
        const leave = (): void => {
          queue.splice(queue.indexOf(turn), 1);
          reject(signal?.reason);
        };
        const turn = (): void => {
          signal?.removeEventListener('abort', leave);
          resolve(place());
        };
        signal?.addEventListener('abort', leave, { once: true });
        queue.push(turn);
      }),
  };
}
