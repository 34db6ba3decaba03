import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseConfig, type Qwen3Config } from '@molrl/qwen3';
import { openCpu } from '@molrl/tensor-gpu';
import type { TrainerSettings } from '../../config/schema.ts';
import { openGame } from '../../games/openGame.ts';
import { readSftRows } from '../../games/sftRows.ts';
import { loadLearner } from '../../method/loadLearner.ts';
import { SHIPPED_MODEL } from '../../model/findModel.ts';
import { memoryTooSmall } from './before/memoryTooSmall.ts';
import { beforeRun } from './beforeRun.ts';
import { CHECKS_BEFORE, CHECKS_DURING, findings } from './checks.ts';
import { memoryNeeded } from './memoryNeeded.ts';
import { trialBatch } from './trialBatch.ts';

/** What is wrong before the first update; the model is loaded only if it fits. */
export async function beforeStart(
  settings: TrainerSettings,
  threads: number | undefined,
): Promise<string[]> {
  const folder = settings.model ?? SHIPPED_MODEL;
  const config = await configOf(folder);
  const large =
    config &&
    memoryTooSmall({ settings, memory: memoryNeeded(config, settings, { prompt: 1, sftRow: 1 }) });
  if (large !== undefined) return [`${large} Nothing was loaded.`];
  await openCpu({ threads, kernels: settings.kernels });
  const learner = await loadLearner({
    ...{ model: folder, format: settings.format, lora: settings.lora },
  });
  const game = await openGame(settings);
  const sftRows = await readSftRows(settings, learner, game);
  const before = findings(CHECKS_BEFORE, await beforeRun({ settings, learner, game, sftRows }));
  const starts = settings.stages.find((stage) => stage !== 'eval');
  if (starts !== 'grpo') return before.map(({ sentence }) => sentence);
  const update = await trialBatch(settings, learner, game);
  const played = findings(CHECKS_DURING, {
    ...{ settings, stage: 'grpo', updates: [update], evaluations: [] },
  });
  return [...before, ...played].map(({ sentence }) => sentence);
}

/** Of a model folder, without its weights; a GGUF file has it inside. */
async function configOf(model: string): Promise<Qwen3Config | undefined> {
  const file = join(model, 'config.json');
  return readFile(file, 'utf8').then(
    // quantised weights become floats when they are loaded
    (text) => parseConfig({ ...JSON.parse(text), quantization_config: undefined }, file),
    () => undefined,
  );
}
