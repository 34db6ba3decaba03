import { collect, EfEnvError, type Trajectory } from '@molrl/ef-env';
import { type Completion, generate, type Sampler } from '@molrl/qwen3';
import { openGame } from '../../games/openGame.ts';
import { decodeState } from '../../harness/stateFile.ts';
import { loadLearner } from '../../method/loadLearner.ts';
import { type Weights, writeWeights } from '../../method/weights.ts';
import { SHIPPED_MODEL } from '../../model/findModel.ts';
import type { EpisodesJob } from '../episodesJob.ts';
import type { BlobStore } from '../queue/blobs.ts';
import { UnfitError } from '../queue/serveJobs.ts';
import { differences, hashOfModel, type RunRecord } from '../runRecord.ts';
import { versionGate } from './versionGate.ts';

/** A run as a worker plays it. */
export interface WorkedRun {
  play(job: EpisodesJob, signal: AbortSignal): Promise<Trajectory[]>;
  close(): Promise<void>;
}

/** Versions of the weights that stay in memory: a job of an older one may come after one of a newer. */
const VERSIONS_KEPT = 3;

/** Opens model and game of a run. @throws {UnfitError} if this machine has others. */
export async function openWorkedRun(record: RunRecord, blobs: BlobStore): Promise<WorkedRun> {
  const { settings } = record;
  let present = '';
  const learner = await loadLearner({
    ...{ model: settings.model ?? SHIPPED_MODEL, format: settings.format, lora: settings.lora },
    sampler: oneAtATime(() => present),
  });
  const game = await openGame(settings);
  const own = { files: game.files, model: await hashOfModel(learner.source) };
  const wrong = differences(record, own);
  if (wrong.length > 0) {
    throw new UnfitError(
      `worker: ${wrong.join('; ')}. The run was described with others: copy its files here, under the same paths.`,
    );
  }
  const versions = new Map<string, Weights>();
  const weightsOf = async (version: string): Promise<Weights> => {
    const known = versions.get(version);
    const state = known ?? decodeState(Buffer.from(await blobs.get(version)))?.groups.weights;
    versions.delete(version);
    versions.set(version, state as Weights); // written by publishWeights, checked by its hash
    if (versions.size > VERSIONS_KEPT) versions.delete(versions.keys().next().value!); // the oldest
    return state as Weights;
  };
  const gate = versionGate(async (version) => {
    writeWeights(learner.model.trainable(), await weightsOf(version));
    present = version;
  });
  return {
    play: (job, signal) => gate(job.weights, () => playJob(job, { learner, game, signal })),
    async close() {
      await game.close?.();
      learner.dispose();
    },
  };
}

interface Playing {
  learner: Awaited<ReturnType<typeof loadLearner>>;
  game: Awaited<ReturnType<typeof openGame>>;
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
  await collect(environment, learner.policy, {
    ...{ ...job.options, signal, onWarning: null },
    onTrajectories: (some) => void ended.push(...some),
  }).catch((error: unknown) => {
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
