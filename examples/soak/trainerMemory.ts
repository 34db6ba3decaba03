import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { openCpu } from '@molrl/tensor-gpu';
import { memory } from '@tensorflow/tfjs-core';
import { checkSettings } from '../trainer/config/checkSettings.ts';
import { createControl } from '../trainer/control/control.ts';
import { openGame } from '../trainer/games/openGame.ts';
import type { Progress } from '../trainer/harness/progress.ts';
import { openRun, saveRun } from '../trainer/harness/run.ts';
import { runStages } from '../trainer/harness/runStages.ts';
import { loadLearner } from '../trainer/method/loadLearner.ts';
import { readWeights } from '../trainer/method/weights.ts';
import { countHeld, watchMemory } from './memoryWatch.ts';
import type { SoakPart } from './soakPart.ts';
import { soakProgress } from './soakProgress.ts';

const folderOf = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const MOST_MIB = 16;

/** GRPO for many updates in this process: memory stays flat, and no tensor, handle or listener is left. */
export const soakMemory: SoakPart = async ({ count, seed, write }) => {
  const out = await mkdtemp(join(tmpdir(), 'molrl-soak-memory-'));
  const device = await openCpu();
  const settings = checkSettings({
    ...{ environment: 'codewords', stages: ['grpo'], lora: 4, seed, saveSteps: 25 },
    grpo: { updates: count, prompts: 2, numGenerations: 4, maxCompletionLength: 24, generalKl: 1 },
  });
  const tensors = memory().numTensors;
  const base = folderOf('../mol-rl/base');
  const learner = await loadLearner({ model: base, format: 'recipe', lora: settings.lora });
  const content = await readFile(folderOf('../mol-rl/text/train.txt'), 'utf8');
  const train = learner.tokenizer.encode(content).slice(0, 20_000);
  const watch = watchMemory({ rss: MOST_MIB, heap: MOST_MIB, external: MOST_MIB });
  const lines = soakProgress('memory', count, write);
  const progress: Progress = {
    start: () => {},
    update: (done) => {
      if (lines.isDue(done)) lines.report(done, watch.sample());
    },
    line: () => {},
    stop: () => {},
  };
  const { signal } = new AbortController();
  const run = openRun({
    ...{ learner, out, progress, signal, sftRows: [], text: { train, heldOut: train } },
    again: 'pnpm soak memory',
    game: await openGame(settings),
    state: {
      ...{ settings, stage: 0, weights: await readWeights(learner.model.trainable()) },
      ...{ evaluations: [], seconds: {}, actions: [], bytes: { metrics: 0, completions: 0 } },
    },
    control: createControl(),
    tracker: { log: () => {}, close: async () => {} },
    describe: async () => {},
  });
  await saveRun(run);
  const before = { ...countHeld(signal), tensors };
  // Its two files were open before and are closed now; everything else must be as it was.
  await runStages(run);
  learner.dispose(); // with what the model keeps for its next use
  await setTimeout(100); // files are being closed
  const after = { ...countHeld(signal), tensors: memory().numTensors };
  const left = Object.entries(after).filter(
    ([name, held]) => held > ((before as Record<string, number>)[name] ?? 0),
  );
  const { growth, faults } = watch.verdict();
  device.dispose();
  await rm(out, { recursive: true });
  return {
    faults: [...faults, ...left.map(([name, held]) => `${held} ${name} are left`)],
    growth,
    note: `${count.toLocaleString('en-US')} updates`,
  };
};
