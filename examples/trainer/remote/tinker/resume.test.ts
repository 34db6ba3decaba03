import { mkdtemp, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadModel, type Qwen3 } from '@molrl/qwen3';
import { openCpu } from '@molrl/tensor-gpu';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { outcome, SMALL_TRAINING, train } from '../../../processes/trainerRuns.ts';
import { tinkerService } from '../../../tinker/server/service.ts';
import { tinkerHttp } from '../../../tinker/server/tinkerHttp.ts';

const model = fileURLToPath(new URL('../../../mol-rl/base', import.meta.url));
let folder: string;
let served: Qwen3;
let server: Server;

/** A server with nothing in memory; checkpoints are on the disk. */
async function start(port = 0): Promise<number> {
  const service = tinkerService({ model: served, name: 'base', folder: join(folder, 'kept') });
  server = tinkerHttp(service);
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port; // listens on TCP
}

const end = async (): Promise<void> => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
};

beforeAll(async () => {
  await openCpu({ threads: 1 });
  served = await loadModel(model, { frozen: true });
  folder = await mkdtemp(join(tmpdir(), 'molrl-engine-'));
});
afterAll(async () => {
  await end();
  served.dispose();
  await rm(folder, { recursive: true });
});

describe('--resume of a run at a Tinker server', () => {
  test('killed, and the server lost as well, it ends with the losses and the adapter of the whole run', async () => {
    const port = await start();
    const settings = [
      ...[...SMALL_TRAINING, '--general-kl', '0', '--mol.kl', 'sampled', '--export', 'adapter'],
      ...['--mol.learning-rate', '3e-3', '--grpo.learning-rate', '3e-3'],
      ...['--model', model, '--engine', `tinker=http://127.0.0.1:${port}`],
    ];
    const [whole, killed] = [join(folder, 'whole'), join(folder, 'killed')];
    expect(await train([...settings, '--out', whole])).toMatchObject({ code: 0, stderr: '' });
    const out = ['--out', killed];
    const first = await train([...settings, ...out], { signal: 'SIGKILL', when: 'grpo 1/3' });
    expect(first.signal).toBe('SIGKILL');
    await end();
    expect(await start(port)).toBe(port);
    expect(await train([...out, '--resume'])).toMatchObject({ code: 0, stderr: '' });
    expect(await outcome(killed)).toEqual(await outcome(whole));
  }, 180_000);
});
