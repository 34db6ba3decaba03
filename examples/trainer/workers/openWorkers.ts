import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import { basename, resolve } from 'node:path';
import type { TrainerSettings } from '../config/schema.ts';
import type { Game } from '../games/game.ts';
import type { Engine } from '../harness/openEngine.ts';
import type { EpisodeSource } from '../method/episodeSource.ts';
import type { Learner } from '../method/learner.ts';
import { hashOfModel } from './hashOfModel.ts';
import { judgedEpisodes } from './judgedEpisodes.ts';
import { publishWeights } from './publishWeights.ts';
import { openJobQueue } from './queue/jobQueue.ts';
import { openNats } from './queue/openNats.ts';
import type { RunRecord } from './runRecord.ts';
import { whoDidWhat } from './whoDidWhat.ts';
import { workerEpisodes } from './workerEpisodes.ts';

export interface OpenWorkersOptions {
  settings: TrainerSettings;
  learner: Pick<Learner, 'model' | 'source'>;
  game: Pick<Game, 'files'>;
  device: Engine;
  /** Folder of the run, which names it on the server. */
  out: string;
  /** Episodes that another engine samples: workers judge them then. Absent: they play. */
  sampled?: EpisodeSource | undefined;
  say(text: string): void;
}

/** Workers of a NATS server as those who play a run's episodes, or judge them. */
export interface Workers {
  episodes: EpisodeSource;
  /** For run.json: server, what became of the jobs, and who did what. */
  facts(): Record<string, unknown>;
  close(): Promise<void>;
}

/** Versions of the weights beyond those that may be in use. */
const SPARE_VERSIONS = 2;

/** The server that the setting `workers` names; undefined: this process plays. @throws {Error} if it cannot be reached. */
export async function openWorkers(options: OpenWorkersOptions): Promise<Workers | undefined> {
  const { settings, learner, game, device, out, sampled, say } = options;
  const { workers: url, workersTokenVariable: tokenVariable } = settings;
  if (url === undefined) return undefined;
  const run = createHash('sha256')
    .update(`${hostname()} ${resolve(out)}`)
    .digest('hex')
    .slice(0, 12);
  const nats = await openNats({ url, tokenVariable, name: `trainer ${run}`, say });
  const model = await hashOfModel(learner.source);
  const record: RunRecord = { version: 1, settings, model, files: game.files };
  const described = await nats.blobs.put(new TextEncoder().encode(JSON.stringify(record)));
  const queue = await openJobQueue({ nats, run });
  const { worked, note } = whoDidWhat({ library: basename(device.library), say });
  const keep = settings.grpo.maxStaleness + SPARE_VERSIONS;
  const weights = publishWeights(learner.model, nats.blobs, keep);
  const shared = { queue, record: described };
  const episodes = sampled
    ? judgedEpisodes({
        ...{ ...shared, source: sampled },
        onJudged: (report) => note(report, { verdicts: 1 }),
      })
    : workerEpisodes({
        ...{ ...shared, publish: () => weights.publish() },
        onPlayed: (report, count) => note(report, { episodes: count }),
      });
  say(`workers: NATS ${nats.version} at ${url}, run ${run}; they ${sampled ? 'judge' : 'play'}`);
  return {
    episodes,
    facts: () => ({ server: url, version: nats.version, run, ...queue.counts, worked }),
    async close() {
      await queue.close();
      for (const name of [...weights.kept(), described]) await nats.blobs.remove(name);
      await nats.close();
    },
  };
}
