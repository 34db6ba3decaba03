import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadModel, type Qwen3 } from '@molrl/qwen3';
import { openCpu } from '@molrl/tensor-gpu';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { digest, train } from '../../processes/trainerRuns.ts';
import { SHIPPED_MODEL } from '../model/findModel.ts';
import type { FakeServer } from '../remote/fakeServer.ts';
import { fakeVllm } from '../remote/vllm/fakeVllm.ts';
import { type NatsServer, natsServer } from './check/natsServer.ts';
import { type WorkerProcess, workerProcess } from './check/workerProcess.ts';

/** Through every stage that plays, with two attempts an episode. */
const RUN = [
  ...['--stages', 'collect,grpo,eval', '--lora', '2', '--seed', '3', '--episodes', '6'],
  ...['--max-turns', '2', '--updates', '3', '--prompts', '2', '--num-generations', '4'],
  ...['--max-completion-length', '16', '--learning-rate', '1e-2', '--tasks', '4', '--threads', '1'],
  ...['--save-steps', '1', '--report-to', 'none', '--no-eval.on-start'],
];

/** Attempts differ by their reward; each is noted with the process that judged it. */
const ENVIRONMENT = `
  import { appendFileSync } from 'node:fs';
  const judge = (text) => Number(/[0-4]$/.test(text.trim()));
  export const tasks = Array.from({ length: 30 }, (_, i) => ({ number: 4000 + 37 * i }));
  export const evalTasks = tasks.slice(0, 4);
  export default {
    name: 'judged',
    maxTurns: 2,
    start() {
      let number;
      return {
        async reset(task) {
          ({ number } = task);
          return number + ' dil';
        },
        async step(action) {
          appendFileSync(process.env.JUDGES, process.pid + '\\n');
          const reward = judge(action);
          return { reward, feedback: reward ? 'yes' : number + ' rav', done: reward === 1 };
        },
      };
    },
  };
`;

let folder: string;
let model: Qwen3;
let vllm: FakeServer;
let server: NatsServer;
let expected: Record<string, unknown>;
let given: string[];
const workers: WorkerProcess[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'molrl-judges-'));
  process.env.JUDGES = join(folder, 'judges');
  await openCpu({ threads: 1 });
  model = await loadModel(SHIPPED_MODEL);
  vllm = await fakeVllm({ model });
  server = await natsServer();
  await writeFile(join(folder, 'judged.mjs'), ENVIRONMENT);
  given = [...RUN, '--env', join(folder, 'judged.mjs'), '--rollouts', `vllm=${vllm.url}`];
  const out = join(folder, 'local');
  expect(await train([...given, '--out', out])).toMatchObject({ code: 0, stderr: '' });
  expected = await digest(out);
}, 120_000);
afterAll(async () => {
  await Promise.all(workers.map(({ kill }) => kill('SIGKILL')));
  await server.close();
  await vllm.close();
  await rm(folder, { recursive: true });
});

const startWorker = async (): Promise<void> => {
  workers.push(await workerProcess(server.url, ['--slots', '2']));
};
const factsOf = async (out: string) =>
  JSON.parse(await readFile(join(out, 'run.json'), 'utf8')).workers;

describe('npm run train --rollouts vllm=URL --workers nats://…', () => {
  test('the server samples and 2 workers judge: the run without workers, bit for bit; none of its attempts is judged by the trainer', async () => {
    await Promise.all([startWorker(), startWorker()]);
    await writeFile(process.env.JUDGES!, '');
    const out = join(folder, 'judged');
    const ended = await train([...given, '--workers', server.url, '--out', out]);
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect(await digest(out)).toEqual(expected);
    const { worked, ...facts } = await factsOf(out);
    expect(facts).toMatchObject({ dead: 0, extra: 0, askedAgain: 0, redelivered: 0 });
    const all = Object.entries(worked) as [string, { jobs: number; verdicts: number }][];
    expect(all).toHaveLength(2);
    expect(all.reduce((sum, [, { verdicts }]) => sum + verdicts, 0)).toBe(facts.done);
    const judges = new Set((await readFile(process.env.JUDGES!, 'utf8')).trim().split('\n'));
    const names = all.map(([name]) => name.slice(name.lastIndexOf('-') + 1));
    expect([...judges].sort()).toEqual(names.sort());
  }, 120_000);

  test('a worker killed and the queue restarted meanwhile: still that run', async () => {
    const out = join(folder, 'disturbed');
    let kills: Promise<unknown> | undefined;
    const run = train([...given, '--workers', server.url, '--out', out], {
      onOutput: (said) => {
        if (said.includes('grpo 1/3'))
          kills ??= workers[0]!.kill('SIGKILL').then(() => server.restart());
      },
    });
    expect(await run).toMatchObject({ code: 0, stderr: '' });
    await kills;
    expect(kills).toBeDefined();
    expect(await digest(out)).toEqual(expected);
    expect((await factsOf(out)).dead).toBe(0);
  }, 120_000);
});
