import { cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type CodewordsTask, codewordsTask, defineEnvironment, type Random } from '@molrl/ef-env';
import { openCpu } from '@molrl/tensor-gpu';
import { beforeAll, expect, test } from 'vitest';
import { grpo } from './grpo.ts';
import type { Learner } from './learner.ts';
import { loadLearner } from './loadLearner.ts';
import { Stage } from './stage.ts';

let learner: Learner;
beforeAll(async () => {
  await openCpu({ threads: 1 });
  const folder = mkdtempSync(join(tmpdir(), 'molrl-context-'));
  cpSync(fileURLToPath(new URL('../../mol-rl/base', import.meta.url)), folder, { recursive: true });
  const file = join(folder, 'config.json');
  const config = JSON.parse(readFileSync(file, 'utf8'));
  writeFileSync(file, JSON.stringify({ ...config, max_position_embeddings: 64 }));
  learner = await loadLearner({ model: folder, format: 'recipe' });
});

/** Nobody is right at once; answers of an odd length never are. */
const environment = defineEnvironment<CodewordsTask, { task: CodewordsTask; turns: number }>({
  name: 'longer',
  reset: (task) => ({
    observation: `${task.digits} ${task.words.join(' ')}`,
    state: { task, turns: 0 },
  }),
  step: (state, action) => {
    const right = ++state.turns > 1 && action.length % 2 === 0;
    return { feedback: right ? 'Right.' : 'Wrong. Try again.', reward: Number(right), done: right };
  },
});
const game = {
  environment,
  nextTask: (random: Random) => codewordsTask(random, { split: 'train', minWords: 2 }),
  ...{ maxTokens: 16, maxTurns: 8 },
};

test('episodes that outgrow the context end alone, and the run goes on', async () => {
  const told: string[] = [];
  const stage = new Stage(learner.model.trainable(), { name: 'grpo', seed: 4, learningRate: 1e-3 });
  const steps = grpo(learner, stage, {
    ...{ game, updates: 2, learningRate: 1e-3, prompts: 2, numGenerations: 4 },
    ...{ generalKl: 0, nextGeneral: () => [] },
    onWarning: (message) => told.push(message),
  });
  let [updates, truncated] = [0, 0];
  for await (const { metrics } of steps) {
    updates++;
    truncated += metrics['episodes/truncated']!;
    expect(metrics['episodes/total']).toBe(8);
    expect(metrics['episodes/errors']).toBe(0);
    expect(metrics.loss).toSatisfy(Number.isFinite);
  }
  expect(updates).toBe(2);
  expect(truncated).toBeGreaterThan(0);
  expect(told.join()).toContain("episodes outgrew the policy's context");
  stage.dispose();
});
