// A short run of GRPO on rewards of the user's own, which tests of workers compare with the same run without them.
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sha256 } from '../base/sha256.ts';
import { checkSettings } from '../config/checkSettings.ts';
import type { TrainerSettings } from '../config/schema.ts';
import type { Game } from '../games/game.ts';
import { openGame } from '../games/openGame.ts';
import { type GrpoOptions, grpo } from '../method/grpo.ts';
import type { Learner } from '../method/learner.ts';
import { loadLearner } from '../method/loadLearner.ts';
import { Stage, type StageStep } from '../method/stage.ts';
import { readWeights } from '../method/weights.ts';
import type { BlobStore } from './queue/blobs.ts';

/** What is trained. */
export const COURSE_MODEL = fileURLToPath(new URL('../../mol-rl/base', import.meta.url));

export const newLearner = (): Promise<Learner> =>
  loadLearner({ model: COURSE_MODEL, format: 'recipe', lora: { r: 2 } });

/** An object store in memory. */
export function memoryBlobs(): BlobStore & { names(): string[] } {
  const kept = new Map<string, Uint8Array>();
  return {
    names: () => [...kept.keys()],
    async put(bytes) {
      const name = await sha256(bytes);
      kept.set(name, bytes);
      return name;
    },
    get: async (name) => kept.get(name)!,
    remove: async (name) => void kept.delete(name),
  };
}

export const stageOf = (learner: Learner) =>
  new Stage(learner.model.trainable(), {
    ...{ name: 'workers', seed: 3, optim: 'adamw', learningRate: 1e-2 },
  });

export async function train(
  learner: Learner,
  given: GrpoOptions<object>,
  stage = stageOf(learner),
) {
  const steps: StageStep[] = [];
  for await (const step of grpo(learner, stage, given)) steps.push(step);
  const weights = await readWeights(learner.model.trainable());
  const state = await stage.snapshot();
  stage.dispose();
  return { steps, weights, state };
}

export interface Course {
  /** Its own, with the files of the run. */
  folder: string;
  settings: TrainerSettings;
  game: Game;
  options: GrpoOptions<object>;
}

export async function openCourse(): Promise<Course> {
  const folder = await mkdtemp(join(tmpdir(), 'molrl-workers-'));
  const [data, reward] = [join(folder, 'rows.jsonl'), join(folder, 'reward.mjs')];
  const rows = Array.from({ length: 30 }, (_, i) => `{"prompt":"${1000 + i} dil"}`);
  await writeFile(data, rows.join('\n'));
  const rule = 'texts.map((text) => Number(/[0-4]\\s*$/.test(text)))'; // attempts differ by it
  await writeFile(reward, `export default (texts) => ${rule};`);
  const played = { environment: 'prompt', data, reward };
  const settings = checkSettings({ ...played, lora: 2, format: 'recipe', model: COURSE_MODEL });
  const game = await openGame(settings);
  const options = {
    ...{ updates: 2, learningRate: 1e-2, prompts: 2, numGenerations: 4 },
    ...{ nextGeneral: () => [], generalKl: 0, game: { ...game, maxTokens: 12 } },
  };
  return { folder, settings, game, options };
}
