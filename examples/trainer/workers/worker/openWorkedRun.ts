import type { Trajectory } from '@molrl/ef-env';
import type { EpisodesJob } from '../episodesJob.ts';
import type { JudgingJob } from '../judgingJobs.ts';
import type { BlobStore } from '../queue/blobs.ts';
import { UnfitError } from '../queue/serveJobs.ts';
import type { RunRecord } from '../runRecord.ts';
import { writeVerdict } from '../verdict.ts';
import { judge } from './judge.ts';
import { openPlayer, type Player } from './openPlayer.ts';
import { trajectoryLines } from './trajectoryLines.ts';
import type { WorkerFiles } from './workerFiles.ts';

/** A run as a worker works for it. */
export interface WorkedRun {
  /** @returns The content of the job's result. */
  perform(job: EpisodesJob | JudgingJob, signal: AbortSignal): Promise<string>;
  close(): Promise<void>;
}

/** Opens the game of a run, and its model once episodes are to be played. @throws {UnfitError} if the worker has others. */
export async function openWorkedRun(
  record: RunRecord,
  { blobs, files }: { blobs: BlobStore; files: WorkerFiles },
): Promise<WorkedRun> {
  const game = await files.openGame(record);
  let player: Promise<Player> | undefined;
  const play = async (job: EpisodesJob, signal: AbortSignal): Promise<Trajectory[]> => {
    player ??= openPlayer(record, { blobs, files, game });
    player.catch(() => {
      player = undefined; // another try opens it anew
    });
    return (await player).play(job, signal);
  };
  return {
    async perform(job, signal) {
      if (job.does === 'episodes') return trajectoryLines(await play(job, signal));
      const environment = game[job.part];
      if (!environment) throw new UnfitError(`worker: the environment here has no ${job.part}.`);
      return writeVerdict(await judge(environment, job, signal));
    },
    async close() {
      await game.close?.();
      (await player)?.close();
    },
  };
}
