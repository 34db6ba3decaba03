import { EfEnvError, type Trajectory } from '@molrl/ef-env';
import { type Completion, generate, type Sampler } from '@molrl/qwen3';
import { stateOfBytes } from '../../harness/stateBytes.ts';
import type { Learner } from '../../method/learner.ts';
import { type Weights, writeWeights } from '../../method/weights.ts';
import type { EpisodesJob } from '../episodesJob.ts';
import type { BlobStore } from '../queue/blobs.ts';
import { UnfitError } from '../queue/serveJobs.ts';
import type { RunRecord } from '../runRecord.ts';
import { versionGate } from './versionGate.ts';
import { checkModel, type WorkedGame, type WorkerFiles } from './workerFiles.ts';

/** Plays episodes of a run by the versions of its weights. */
export interface Player {
  play(job: EpisodesJob, signal: AbortSignal): Promise<Trajectory[]>;
  close(): void;
}

/** Versions of the weights that stay in memory: a job of an older one may come after one of a newer. */
const VERSIONS_KEPT = 3;

/** Loads the model of a run. @throws {UnfitError} if this machine has another one. */
export async function openPlayer(
  record: RunRecord,
  { blobs, files, game }: { blobs: BlobStore; files: WorkerFiles; game: WorkedGame },
): Promise<Player> {
  await checkModel(record, files);
  let present = '';
  const learner = await files.openModel(
    record.settings,
    oneAtATime(() => present),
  );
  const versions = new Map<string, Weights>();
  const weightsOf = async (version: string): Promise<Weights> => {
    const known = versions.get(version);
    const weights = known ?? (stateOfBytes(await blobs.get(version)).groups.weights as Weights); // written by publishWeights, checked by its hash
    versions.delete(version);
    versions.set(version, weights);
    if (versions.size > VERSIONS_KEPT) versions.delete(versions.keys().next().value!); // the oldest
    return weights;
  };
  const gate = versionGate(async (version) => {
    writeWeights(learner.model.trainable(), await weightsOf(version));
    present = version;
  });
  return {
    play: (job, signal) => gate(job.weights, () => playJob(job, { learner, game, signal })),
    close: () => learner.dispose(),
  };
}

interface Playing {
  learner: Learner;
  game: WorkedGame;
  signal: AbortSignal;
}

/** The part of a collection that a job is. Where all of its episodes fail, they say so themselves. */
async function playJob(
  job: EpisodesJob,
  { learner, game, signal }: Playing,
): Promise<Trajectory[]> {
  const environment = game[job.part];
  if (!environment) throw new UnfitError(`worker: the environment here has no ${job.part}.`);
  const { tasks, groupSize = 1 } = job.options;
  const ended: Trajectory[] = [];
  const { part, draw } = job;
  const options = {
    ...{ ...job.options, signal, onWarning: null },
    onTrajectories: (some: Trajectory[]) => void ended.push(...some),
  };
  await learner.episodes.collect({ environment, part, draw }, options).catch((error: unknown) => {
    const code = error instanceof EfEnvError ? error.code : undefined;
    if (code === 'missing-peer') throw new UnfitError((error as Error).message);
    if (code !== 'task' || ended.length < tasks.length * groupSize) throw error;
  });
  return ended;
}

/** Samples for one job after the other, and says by which weights. */
function oneAtATime(version: () => string): Sampler {
  let last: Promise<unknown> = Promise.resolve();
  return (...call) => {
    const sampled = last.then(() => generate(...call));
    last = sampled.catch(() => {}); // whoever asked hears of it
    return sampled.then((all) =>
      all.map((one): Completion => ({ ...one, weightVersion: version() })),
    );
  };
}
