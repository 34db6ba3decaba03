export interface EtaOptions {
  total: number;
  /** Units that were done before the clock began. Default 0. */
  done?: number | undefined;
  /** What follows, by name. Default: nothing. */
  next?: readonly string[] | undefined;
  /** Milliseconds. Default `performance.now`. */
  now?: (() => number) | undefined;
}

/**
 * What is left, in words: `2 min left, then grpo, eval`. The time is that of the stage alone, from the units that were done
 * since the clock began: a resumed stage has not done its first units now, and other stages have another pace.
 */
export function createEta(options: EtaOptions): (done: number) => string {
  const { total, done: before = 0, next = [], now = () => performance.now() } = options;
  const started = now();
  const follows = next.length === 0 ? '' : `, then ${next.join(', ')}`;
  return (done) => {
    const own = done - before;
    const left = own <= 0 ? undefined : ((now() - started) / own) * Math.max(0, total - done);
    return `${left === undefined ? '?' : duration(left / 1000)} left${follows}`;
  };
}

/** `45 s`, `3 min`, `2 h 5 min`. */
export function duration(seconds: number): string {
  if (seconds < 99.5) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
