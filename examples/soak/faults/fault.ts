import type { Ended, RunOptions } from '../../processes/runProgram.ts';

/** Where the faults happen. */
export interface FaultPlace {
  /** A folder for the fault's own files. */
  folder: string;
  /** Of the run that was left alone: what must come out. */
  expected(): Promise<Record<string, unknown>>;
  train(argv: readonly string[], options?: RunOptions): Promise<Ended>;
}

/** Something that goes wrong, and what is promised then. */
export interface Fault {
  name: string;
  /** What happens, for the table. */
  happens: string;
  /** What is lost. */
  lost: string;
  /** @throws if the promise is broken. */
  run(place: FaultPlace): Promise<void>;
}
