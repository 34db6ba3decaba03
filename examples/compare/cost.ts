// What an update costs, each method beside GRPO on the same episodes:
//     node --conditions=@molrl/source --import tsx examples/compare/cost.ts [rounds]
import { collect, createRandom } from '@molrl/ef-env';
import { openCpu } from '@molrl/tensor-gpu';
import { dispose } from '@tensorflow/tfjs-core';
import { endProcess } from '../trainer/harness/endProcess.ts';
import { loadLearner } from '../trainer/method/learner.ts';
import { readEpisodes } from '../trainer/method/live/episodes.ts';
import { PRESETS, type PresetName } from '../trainer/method/live/presets.ts';
import { SHIPPED_MODEL } from '../trainer/model/findModel.ts';
import { DOMAINS } from './domains.ts';

const GROUPS = 8;
const NUM_GENERATIONS = 8;

async function main(): Promise<void> {
  const rounds = Number(process.argv[2] ?? 9);
  const device = await openCpu();
  const learner = await loadLearner({ model: SHIPPED_MODEL, format: 'recipe' });
  const { told, nextTask, maxTokens } = DOMAINS.codewords;
  const random = createRandom(0);
  const tasks = Array.from({ length: GROUPS }, () => nextTask(random));
  const names = Object.keys(PRESETS) as PresetName[]; // keys of a literal
  const methods = names.map((name) => ({
    name,
    method: PRESETS[name](learner),
    took: [0].slice(1),
  }));
  for (let round = -1; round < rounds; round++) {
    for (const { method, took } of methods) {
      const options = { tasks, groupSize: NUM_GENERATIONS, maxTokens, temperature: 1, seed: 0 };
      const episodes = readEpisodes(
        await collect(told, learner.policy, { ...options, maxTurns: method.turns }),
        NUM_GENERATIONS,
      );
      const started = performance.now();
      const { gradients } = await method.gradient({
        episodes,
        temperature: 1,
        step: 0,
      });
      if (gradients) dispose(gradients);
      method.follow();
      if (round >= 0) took.push(performance.now() - started); // the first warms up
    }
  }
  const base = median(methods.find(({ name }) => name === 'grpo')!.took); // a preset
  process.stdout.write(
    `${device.library}, ${device.threads} threads, medians of ${rounds} rounds\n`,
  );
  for (const { name, method, took } of methods) {
    const own = median(took);
    const attempts = GROUPS * NUM_GENERATIONS * method.turns;
    process.stdout.write(
      `${name.padEnd(22)} ${own.toFixed(0).padStart(5)} ms  ${(own / base).toFixed(2)} x GRPO  (at most ${attempts} attempts)\n`,
    );
    method.dispose();
  }
  learner.dispose();
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

endProcess(main());
