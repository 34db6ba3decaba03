/** Where a run's curves are shown. */
export interface Tracker {
  /** `step`: updates of the whole run. May throw; a run goes on without the tracker then. */
  log(step: number, scalars: Readonly<Record<string, number>>): void;
  /** Waits until all is written. May reject. */
  close(): Promise<void>;
}

/** What a tracker is told at the start. */
export interface TrackedRun {
  /** Folder of the run. */
  out: string;
  project: string;
  name: string;
  /** The same for a run and what continues it. */
  id: string;
  /** Updates before it was resumed. */
  done: number;
  /** Everything of the run's settings. */
  config: object;
}
