import { openCpu } from '@molrl/tensor-gpu';
import { expect, test } from 'vitest';
import {
  fakeRewardServer,
  RECORD,
} from '../../../packages/ef-env/src/environments/openReward/fakeRewardServer.ts';
import { checkSettings } from '../config/checkSettings.ts';
import { grpo } from '../method/grpo.ts';
import { loadLearner } from '../method/loadLearner.ts';
import { Stage } from '../method/stage.ts';
import { SHIPPED_MODEL } from '../model/findModel.ts';
import { openGame } from './openGame.ts';

const right = RECORD.sessions
  .flatMap(({ exchanges }) => exchanges)
  .find(({ answer }) => answer.includes('"text":"Right."'))?.answer;

test('a model learns two updates from what a server of ORS says', async () => {
  const judged: number[] = [];
  const server = await fakeRewardServer({
    // the answers of an untrained model were not recorded
    misbehave: ({ path, body }, response) => {
      if (path !== '/capital/call' || right === undefined) return false;
      const letters = [...String(Object(body?.input).answer)];
      const reward = letters.reduce((sum, letter) => sum + letter.charCodeAt(0), 0) % 7;
      judged.push(reward);
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end(right.replace('"reward":1.0', `"reward":${reward}.0`).replace('<task>', 'task'));
      return true;
    },
  });
  const settings = checkSettings({ environment: `openreward:${server.url}/capital` });
  const game = await openGame(settings);
  await openCpu({ threads: 1 });
  const learner = await loadLearner({ model: SHIPPED_MODEL, format: 'recipe', lora: { r: 2 } });
  const stage = new Stage(learner.model.trainable(), { name: 'grpo', seed: 4, learningRate: 1e-3 });
  const steps = grpo(learner, stage, {
    game: { environment: game.environment, nextTask: game.nextTask, maxTokens: 64 },
    ...{ updates: 2, learningRate: 1e-3, prompts: 2, numGenerations: 4 },
    ...{ generalKl: 0, nextGeneral: () => [] },
  });
  const norms: number[] = [];
  for await (const { metrics } of steps) {
    expect(metrics).toMatchObject({ 'episodes/total': 8, 'episodes/errors': 0 });
    norms.push(Number(metrics.grad_norm));
  }
  expect(judged.length).toBeGreaterThan(8); // answers that are cut off are not judged
  expect(new Set(judged).size).toBeGreaterThan(2);
  expect(norms).toHaveLength(2);
  for (const norm of norms) expect(norm).toBeGreaterThan(0);
  expect(server.sessions()).toBe(0);
  expect(server.mostSessions()).toBeGreaterThan(1);
  stage.dispose();
  learner.dispose();
});
