import { createRequire } from 'node:module';
import type { TrainerSettings } from '../config/schema.ts';
import type { Game } from '../games/game.ts';
import type { Learner } from '../method/learner.ts';
import type { Engine } from './openEngine.ts';
import type { Action } from './runState.ts';

export const runFileName = 'run.json';

const PACKAGES = ['tensor-gpu', 'qwen3', 'mol-loss', 'grpo', 'ef-env'].map(
  (name) => `@molrl/${name}`,
);
const require = createRequire(import.meta.url);

/** Versions of what computes, by package. */
export const packageVersions = (): Record<string, string> =>
  Object.fromEntries(
    [...PACKAGES, '@tensorflow/tfjs-core'].map((name) => [
      name,
      (require(`${name}/package.json`) as { version: string }).version, // every package has one
    ]),
  );

/** Engines of other machines. */
export interface ElsewhereFacts {
  /** Who trains and samples, if another does. */
  remote?: Record<string, string | number | boolean> | undefined;
  /** Who samples, if another does. */
  rollouts?: Record<string, string | number> | undefined;
  /** Who played, if others did. */
  workers?: Record<string, unknown> | undefined;
}

interface DescribedRun extends ElsewhereFacts {
  settings: TrainerSettings;
  given: Record<string, unknown>;
  learner: Learner;
  device: Engine;
  game: Game;
  actions: readonly Action[];
}

/** All that decides a run: `npm run train -- --config run.json` repeats it. */
export function runFile(run: DescribedRun): string {
  const { settings, given, learner, device, remote, rollouts, workers, game, actions } = run;
  const { config } = learner.model;
  const weights = Object.values(learner.model.weights());
  const content = {
    settings,
    given,
    model: {
      layers: config.numHiddenLayers,
      hiddenSize: config.hiddenSize,
      vocabulary: config.vocabSize,
      parameters: weights.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0),
      source: learner.source,
      ...learner.chat,
    },
    actions,
    files: game.files,
    accuracy: game.accuracy,
    engine: { library: device.library, kind: device.kind, threads: device.threads },
    ...(remote && { remote }),
    ...(rollouts && { rollouts }),
    ...(workers && { workers }),
    versions: { ...packageVersions(), node: process.versions.node },
    system: `${process.platform} ${process.arch}`,
  };
  return `${JSON.stringify(content, null, 2)}\n`;
}
