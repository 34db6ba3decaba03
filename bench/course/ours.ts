/** Our side of the course's benchmark: the trainer's GRPO loop, an update per request. `MODEL ROWS` */
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { promptEnvironment } from '@molrl/ef-env';
import { openCpu } from '@molrl/tensor-gpu';
import { grpo } from '../../examples/trainer/method/grpo.ts';
import { loadLearner } from '../../examples/trainer/method/loadLearner.ts';
import { Stage } from '../../examples/trainer/method/stage.ts';

const [model = '', file = ''] = process.argv.slice(2);
const WARM = 2;
const RATE = 2e-4;

const say = (message: object): void => {
  process.stdout.write(`@${JSON.stringify(message)}\n`);
};

/** Any text has one, and those of a group differ: trl_course.py has the same. */
const reward = (text: string): number =>
  (Array.from(text).reduce((sum, letter) => sum + (letter.codePointAt(0) ?? 0), 0) % 7) / 7;

const device = await openCpu({ threads: 2 });
const learner = await loadLearner({ model, format: 'auto', lora: { r: 16 } });
const rows = (await readFile(file, 'utf8')).split('\n').map((row) => JSON.parse(row)) as {
  prompt: string;
}[];
const stage = new Stage(learner.model.trainable(), { name: 'bench', seed: 1, learningRate: RATE });
const environment = promptEnvironment<{ prompt: string }>({ reward: (texts) => texts.map(reward) });
const updates = grpo(learner, stage, {
  game: { environment, nextTask: (random) => random.choice(rows), maxTokens: 8 },
  ...{ updates: 100_000, learningRate: RATE, prompts: 8, numGenerations: 8 },
  ...{ generalKl: 0, nextGeneral: () => [], schedule: () => 1 },
});
for (let i = 0; i < WARM; i++) await updates.next();
say({ ready: ['lora'], failed: {}, library: device.library });
for await (const line of createInterface({ input: process.stdin })) {
  const { repeats } = JSON.parse(line) as { repeats: number };
  const started = performance.now();
  for (let i = 0; i < repeats; i++) await updates.next();
  say({ seconds: (performance.now() - started) / 1e3 / repeats });
}
