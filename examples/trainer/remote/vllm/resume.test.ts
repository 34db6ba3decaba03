import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadModel, type Qwen3, removeAdapter } from '@molrl/qwen3';
import { openCpu } from '@molrl/tensor-gpu';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { outcome, train } from '../../../processes/trainerRuns.ts';
import { SHIPPED_MODEL } from '../../model/findModel.ts';
import type { FakeServer } from '../fakeServer.ts';
import { fakeVllm } from './fakeVllm.ts';

const RUN = [
  ...['--stages', 'grpo,eval', '--lora', '4', '--seed', '3', '--updates', '4', '--prompts', '6'],
  ...['--num-generations', '4', '--learning-rate', '1e-2', '--max-completion-length', '24'],
  ...['--save-steps', '2', '--report-to', 'none'],
];
const ROWS = Array.from({ length: 30 }, (_, i) => ({ prompt: `${4000 + 37 * i} dil` }));
/** Rewards what differs between attempts, so that every update moves the weights. */
const REWARD = 'export default (said) => said.map((text) => Number(/[0-4]$/.test(text.trim())));';

let folder: string;
let model: Qwen3;
let server: FakeServer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'molrl-vllm-resume-'));
  await openCpu({ threads: 1 });
  model = await loadModel(SHIPPED_MODEL);
  server = await fakeVllm({ model });
});
afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

/** The same server as a new process: under its address, without adapters. */
async function restart(): Promise<void> {
  await server.close();
  for (const name of [...model.adapters.keys()]) removeAdapter(model, name);
  server = await fakeVllm({ model, port: Number(new URL(server.url).port) });
}

// Rollouts are synchronous: an update's are all sampled from the weights before it.
test('a run whose completions a server samples, killed in the middle of grpo: resumed it is the run left alone, bit by bit, on a restarted server too', async () => {
  const [data, reward] = [join(folder, 'rows.jsonl'), join(folder, 'reward.mjs')];
  await writeFile(data, ROWS.map((row) => `${JSON.stringify(row)}\n`).join(''));
  await writeFile(reward, REWARD);
  const there = ['--data', data, '--reward', reward, '--rollouts', `vllm=${server.url}`];
  const whole = join(folder, 'whole');
  expect(await train([...RUN, ...there, '--out', whole])).toMatchObject({ code: 0, stderr: '' });
  const expected = await outcome(whole);
  const loaded = server.requests.filter(({ path }) => path === '/v1/load_lora_adapter');
  expect(new Set(loaded.map(({ body }) => body.lora_name)).size).toBe(5); // the start, and each update

  const out = join(folder, 'stopped');
  const kill = { signal: 'SIGKILL', when: 'grpo 3/4' } as const; // behind its last checkpoint
  expect(await train([...RUN, ...there, '--out', out], kill)).toMatchObject(SIGKILLED);
  expect(server.loaded().length).toBeGreaterThan(0); // nobody took it off
  const goOn = ['--out', out, '--resume'];
  const again = { signal: 'SIGKILL', when: 'grpo 3/4' } as const;
  expect(await train(goOn, again)).toMatchObject(SIGKILLED);

  await restart();
  expect(server.loaded()).toEqual([]);
  expect(await train(goOn)).toMatchObject({ code: 0, stderr: '' });
  expect(await outcome(out)).toEqual(expected);
  // what the killed processes left, on the server and on the disk, is gone as well
  expect(server.loaded()).toEqual([]);
  expect(await readdir(join(out, 'adapters'))).toEqual([]);
}, 240_000);

const SIGKILLED = { signal: 'SIGKILL' };
