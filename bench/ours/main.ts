import { createInterface } from 'node:readline';
import type { Backend } from '../benchRow.ts';
import type { BenchId } from '../cases.ts';
import { openOurs } from './openOurs.ts';
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
const { library, finish } = await openOurs(kernels, threads);
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
