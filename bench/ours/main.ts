import { createInterface } from 'node:readline';
import { openCpu, openDevice } from '@molrl/tensor-gpu';
import type { Backend } from '../benchRow.ts';
import type { BenchId } from '../cases.ts';
import { prepare } from './prepare.ts';

/** Our side of the protocol in `peers/serve.py`: prepares one bench on one back end and runs it when asked. */
interface Request {
  bench: BenchId;
  spec: never;
  kernels: Backend;
  threads: number;
}

const say = (message: object): void => console.log(`@${JSON.stringify(message)}`);

const { bench, spec, kernels, threads } = JSON.parse(process.argv[2] ?? '') as Request;
const { library, finish } = await open();
const run = (await prepare[bench]())(spec);
await run();
await finish();
say({ ready: [kernels], library });
for await (const line of createInterface({ input: process.stdin })) {
  const { repeats } = JSON.parse(line) as { repeats: number };
  const started = performance.now();
  for (let i = 0; i < repeats; i++) await run();
  await finish();
  say({ seconds: (performance.now() - started) / 1000 / repeats });
}
process.exit(0);

/** The device, its name, and what waits until it has nothing more to do. */
async function open(): Promise<{ library: string; finish: () => Promise<void> }> {
  if (kernels === 'webgpu') {
    const { adapter, finish } = await openDevice('webgpu', { tiles: 'measure' });
    return { library: adapter.description || adapter.vendor, finish };
  }
  const { kind, library } = await openCpu({ kernels, threads });
  if (kind !== kernels) throw new Error(`${kernels} kernels are not available here`);
  return { library, finish: async () => {} };
}
