import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { digest, train } from '../../../processes/trainerRuns.ts';
import { type NatsServer, natsServer } from '../check/natsServer.ts';
import { type WorkerProcess, workerProcess } from '../check/workerProcess.ts';

/** Through every stage that plays. */
const TRAINING = [
  ...['--env', 'codewords', '--stages', 'collect,mol,grpo,eval', '--lora', '2', '--seed', '3'],
  ...['--episodes', '12', '--max-turns', '2', '--mol.updates', '1', '--grpo.updates', '2'],
  ...['--prompts', '2', '--num-generations', '4', '--max-completion-length', '24'],
  ...['--tasks', '4', '--no-eval.on-start', '--save-steps', '1', '--threads', '1'],
];

let folder: string;
let server: NatsServer;
let expected: Record<string, unknown>;
const workers: WorkerProcess[] = [];

async function startWorker(): Promise<void> {
  workers.push(await workerProcess(server.url));
}

const factsOf = async (out: string) =>
  JSON.parse(await readFile(join(out, 'run.json'), 'utf8')).workers;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'molrl-workers-'));
  server = await natsServer();
  const out = join(folder, 'local');
  expect(await train([...TRAINING, '--out', out])).toMatchObject({ code: 0, stderr: '' });
  expected = await digest(out);
}, 120_000);
afterAll(async () => {
  await Promise.all(workers.map(({ kill }) => kill('SIGKILL')));
  await server.close();
  await rm(folder, { recursive: true });
});

describe('npm run train --workers', () => {
  test('2 workers: the run is the local run, bit for bit; run.json says who did what', async () => {
    await Promise.all([startWorker(), startWorker()]);
    const out = join(folder, 'workers');
    const ended = await train([...TRAINING, '--workers', server.url, '--out', out]);
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect(await digest(out)).toEqual(expected);
    const { worked, ...facts } = await factsOf(out);
    expect(facts).toMatchObject({ server: server.url, dead: 0, extra: 0, askedAgain: 0 });
    const all = Object.values(worked) as { jobs: number; episodes: number }[];
    expect(all).toHaveLength(2);
    // 12 collected, 2 updates of 2 x 4, an evaluation of 4 sampled and greedy
    expect(all.reduce((sum, { episodes }) => sum + episodes, 0)).toBe(12 + 2 * 8 + 2 * 4);
    expect(all.reduce((sum, { jobs }) => sum + jobs, 0)).toBe(facts.done);
  }, 120_000);

  test('stopped and resumed, a worker killed and the server restarted meanwhile: still the local run', async () => {
    const out = join(folder, 'stopped');
    const argv = [...TRAINING, '--workers', server.url, '--out', out];
    const first = await train(argv, { signal: 'SIGINT', when: 'grpo 1/2' });
    expect(first).toMatchObject({ code: 130, stderr: '' });
    const resumed = train(['--out', out, '--resume']);
    await workers[0]!.kill('SIGKILL');
    await server.restart();
    expect(await resumed).toMatchObject({ code: 0, stderr: '' });
    expect(await digest(out)).toEqual(expected);
  }, 120_000);

  test('Ctrl-C ends a worker, and nobody there ends a run with one line', async () => {
    expect(await workers[1]!.kill('SIGINT')).toBe(130);
    expect(workers[1]!.said()).toMatch(/\d+ jobs in \d+\.\d s of work/);
    const argv = [...TRAINING, '--workers', 'nats://127.0.0.1:9', '--out', join(folder, 'no')];
    const { code, stderr } = await train(argv);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^workers: nats:\/\/127\.0\.0\.1:9 cannot be reached .*\n$/);
  }, 60_000);
});
