import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { env } from 'node:process';
import { fileURLToPath } from 'node:url';
import { openCpu } from '@molrl/tensor-gpu';
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Exchange } from '../../../tinker/traffic/exchange.ts';
import { type ReplayServer, replayServer } from '../../../tinker/traffic/replayServer.ts';
import type { TrainerSettings } from '../../config/schema.ts';
import { openEngineElsewhere } from '../openEngineElsewhere.ts';
import { type CompareOptions, compareEngines } from './compareEngines.ts';

const source = fileURLToPath(new URL('../../../mol-rl/base', import.meta.url));
/** Of SkyRL 0.4.0 (JAX on CPU) that served this model in float32, 30 November 2026: `pnpm tinker:server … --record`. */
const traffic = new URL('../../../tinker/fixtures/skyrl-0.4.0-run.json', import.meta.url);
/** A SkyRL server that serves the same model. */
const real = env.MOLRL_TINKER_URL;

let recorded: Required<Exchange>[];
let folder: string;
let server: ReplayServer | undefined;

beforeAll(async () => {
  await openCpu({ threads: 1 });
  recorded = JSON.parse(await readFile(traffic, 'utf8'));
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'molrl-skyrl-'));
});
afterEach(async () => {
  server?.close();
  server = undefined;
  await rm(folder, { recursive: true });
});

async function expectSame(options: Pick<CompareOptions, 'url' | 'updates' | 'rank'>) {
  const compared: string[] = [];
  const facts = vi.fn();
  for await (const { what, apart, limit } of compareEngines({
    ...{ ...options, source, folder, onFacts: facts },
  })) {
    expect(apart, what).toBeLessThan(limit);
    compared.push(what);
  }
  const names = ['loss', 'kl', 'reward', 'grad_norm'].map((name) => `GRPO: ${name} of`);
  const others = ['loss', 'mol/ce', 'mol/kl', 'grad_norm'].map((name) => `MoL: ${name} of`);
  for (const name of [...names, ...others, 'GRPO: weights', 'MoL: weights'])
    expect(compared.filter((what) => what.startsWith(name)).length, name).toBe(1);
  expect(facts).toHaveBeenCalledWith(
    expect.objectContaining({ reduction: 'sequence-mean', clips: false }),
  );
}

describe('SkyRL 0.4.0', () => {
  test('as it answered: GRPO and MoL, same tokens here, are the runs here; nothing else is asked', async () => {
    server = await replayServer(recorded);
    const { url, refused, left } = server;
    await expectSame({ url, updates: 2, rank: 1 });
    await vi.waitFor(() =>
      expect(left().filter(({ path }) => !path.endsWith('session_heartbeat'))).toEqual([]),
    );
    expect(refused).toEqual([]);
  });

  test('what it was not asked then is refused', async () => {
    server = await replayServer(recorded);
    const step = recorded.find(({ path }) => path.endsWith('optim_step'))!;
    const asked = Buffer.from(step.body, 'base64').toString('utf8');
    const ask = async (body: string) =>
      (
        await fetch(server!.url + step.path, {
          ...{ method: 'POST', body, headers: { 'content-type': 'application/json' } },
        })
      ).status;
    expect(await ask(asked.replace('"beta2":0.95', '"beta2":0.9'))).toBe(400);
    expect(await ask(asked)).toBe(200);
    expect(await ask(asked)).toBe(400); // it was asked once
    expect(server.refused.length).toBe(2);
  });

  test('it shortens no gradient: a run that wants that is refused before anything is trained', async () => {
    server = await replayServer(recorded);
    const grpo = { maxGradNorm: 1 } as TrainerSettings['grpo'];
    const settings = { engine: `tinker=${server.url}`, engineTokenVariable: 'TINKER_API_KEY' };
    const asked = { ...settings, lora: { r: 1 }, seed: 5, stages: ['grpo' as const], grpo };
    await expect(openEngineElsewhere(asked)).rejects.toThrow(
      `grpo.maxGradNorm: ${server.url} ignores grad_clip_norm`,
    );
    expect(server.refused).toEqual([]);
  });

  test.skipIf(real === undefined)(
    'as it runs at MOLRL_TINKER_URL: five updates of both are the runs here',
    () => expectSame({ url: real!, updates: 5, rank: 4 }), // it is set
    600_000,
  );
});
