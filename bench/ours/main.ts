import { createInterface } from 'node:readline';
import { openCpu } from '@molrl/tensor-gpu';
import type { BenchId } from '../cases.ts';

/** Our side of the protocol in `peers/serve.py`: prepares one bench on one back end and runs it when asked. */
interface Request {
  bench: BenchId;
  spec: never;
  kernels: 'native' | 'wasm';
  threads: number;
}

type Prepare = (spec: never) => () => Promise<void>;

const load: Record<BenchId, () => Promise<Prepare>> = {
  train: async () => {
    const { trainStep } = await import('./trainStep.ts');
    return (spec) => trainStep(spec, { learningRate: 1e-4 });
  },
  sft: async () => {
    const { trainStep } = await import('./trainStep.ts');
    return (spec) => trainStep(spec, { learningRate: 1e-4, maxGradNorm: 1 });
  },
  generate: async () => (await import('./generateTokens.ts')).generateTokens,
  grpo: async () => (await import('./grpoStep.ts')).grpoStep,
  gemm: async () => (await import('./gemm.ts')).gemm,
  ops: async () => (await import('./oneOp.ts')).oneOp,
  losses: async () => (await import('./lossGradient.ts')).lossGradient,
};

const say = (message: object): void => console.log(`@${JSON.stringify(message)}`);

const { bench, spec, kernels, threads } = JSON.parse(process.argv[2] ?? '') as Request;
const device = await openCpu({ kernels, threads });
if (device.kind !== kernels) throw new Error(`${kernels} kernels are not available here`);
const run = (await load[bench]())(spec);
await run();
say({ ready: [kernels] });
for await (const line of createInterface({ input: process.stdin })) {
  const { repeats } = JSON.parse(line) as { repeats: number };
  const started = performance.now();
  for (let i = 0; i < repeats; i++) await run();
  say({ seconds: (performance.now() - started) / 1000 / repeats });
}
process.exit(0);
