import type { Report } from './queue/messages.ts';

/** What one worker did, for run.json. */
export interface Worked {
  jobs: number;
  /** That it played. */
  episodes: number;
  /** On attempts and on groups of episodes that were sampled elsewhere. */
  verdicts: number;
  seconds: number;
  library: string;
}

/** Counts what each worker did, and tells once of each that rounds its sums otherwise than this process. */
export function whoDidWhat({ library: own, say }: { library: string; say(text: string): void }) {
  const worked: Record<string, Worked> = {};
  return {
    worked: worked as Readonly<Record<string, Worked>>,
    note({ worker, library, seconds }: Report, { episodes = 0, verdicts = 0 }): void {
      if (!worked[worker] && episodes > 0 && library !== own) {
        say(
          `Careful: ${worker} computes with ${library}, this process with ${own}: sums are rounded otherwise, so the run is not the local one bit for bit.`,
        );
      }
      const before = worked[worker] ?? { jobs: 0, episodes: 0, verdicts: 0, seconds: 0 };
      worked[worker] = {
        jobs: before.jobs + 1,
        episodes: before.episodes + episodes,
        verdicts: before.verdicts + verdicts,
        seconds: before.seconds + seconds,
        library,
      };
    },
  };
}
