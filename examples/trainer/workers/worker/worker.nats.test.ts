import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { NODE_FLAGS } from '../../../processes/nodeFlags.ts';
import { outcome, train } from '../../../processes/trainerRuns.ts';
import { type NatsServer, natsServer } from '../check/natsServer.ts';

/** Through every stage that plays. */
const TRAINING = [
  ...['--env', 'codewords', '--stages', 'collect,mol,grpo,eval', '--lora', '2', '--seed', '3'],
  ...['--episodes', '12', '--max-turns', '2', '--mol.updates', '1', '--grpo.updates', '2'],
  ...['--prompts', '2', '--num-generations', '4', '--max-completion-length', '24'],
  ...['--tasks', '4', '--no-eval.on-start', '--save-steps', '1', '--threads', '1'],
];

const program = fileURLToPath(new URL('main.ts', import.meta.url));
let folder: string;
let server: NatsServer;
let expected: Record<string, unknown>;
const workers: { kill(signal: NodeJS.Signals): Promise<number | null>; said(): string }[] = [];

/** A process of `npm run worker`, once it takes jobs. */
async function startWorker() {
  const child = spawn(process.execPath, [...NODE_FLAGS, program, server.url, '--threads', '1']);
  let said = '';
  const ready = new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (data) => {
      said += data;
      resolve();
    });
    child.stderr.on('data', (data) => {
      said += data;
    });
    child.on('exit', () => reject(new Error(said)));
  });
  const ended = once(child, 'exit');
  await ready;
  const kill = async (signal: NodeJS.Signals): Promise<number | null> => {
    child.kill(signal);
    return (await ended)[0] as number | null;
  };
  const worker = { kill, said: () => said };
  workers.push(worker);
  return worker;
}

/** A run's outcome, short enough to be printed. */
async function digest(out: string): Promise<Record<string, unknown>> {
  const { adapter, completions, ...rest } = await outcome(out);
  const short = (text: unknown) => createHash('sha256').update(String(text)).digest('hex');
  return { ...rest, adapter: short(adapter), completions: short(completions) };
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
