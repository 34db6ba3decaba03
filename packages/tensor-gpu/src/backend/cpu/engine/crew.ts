/** The threads that a program runs on. */
export interface Crew {
  /** Heap offset of the control block. */
  readonly control: number;
  /** Threads that compute, the caller included. */
  readonly threads: number;
  /** Why these are fewer than were asked for, or than the machine has cores. */
  readonly fewerThreads?: string | undefined;
  /** Resolves when every worker has entered the kernels, or has failed. */
  readonly ready: Promise<void>;
  /** Lets the workers look for work without parking, until `rest`. */
  wake(): void;
  rest(): void;
  dispose(): void;
}
