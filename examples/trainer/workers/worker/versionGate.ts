/** Runs work while the model holds the weights it is of. */
export type VersionGate = <T>(version: string, work: () => Promise<T>) => Promise<T>;

/**
 * A model holds one version at a time: work of another one waits until all work of the present one has ended.
 *
 * @param load - Puts a version's weights into the model.
 */
export function versionGate(load: (version: string) => Promise<void>): VersionGate {
  let held: string | undefined;
  let working = new Set<Promise<unknown>>();
  let last: Promise<void> = Promise.resolve();
  return async (version, work) => {
    const entered = last.then(async () => {
      if (held === version) return;
      await Promise.allSettled(working);
      held = undefined; // until it is there
      await load(version);
      held = version;
      working = new Set();
    });
    let result: ReturnType<typeof work> | undefined;
    const begun = entered.then(() => {
      result = work();
      const ended = result.then(
        () => {},
        () => {},
      );
      working.add(ended);
      void ended.then(() => working.delete(ended));
    });
    last = begun.catch(() => {}); // the next one loads anew
    await begun;
    return result!; // set by begun
  };
}
