import { openDevice } from '@molrl/tensor-gpu';
import { benchModel } from '../../bench/ours/benchModel.ts';
import { trainModel } from '../../bench/ours/trainStep.ts';
import { shapes } from '../../bench/shapes.ts';
import type { openDevice as openBrowserDevice } from '../../packages/tensor-gpu/src/devices/openBrowserDevice.ts';

/** What a bundler for browsers finds under that name. */
const openInBrowser = openDevice as unknown as typeof openBrowserDevice;

/** A short training of one of the benchmark's models. */
export interface ThreadsJob {
  shape: 'nano' | 'micro';
  steps: number;
  /** None: what the engine takes by itself. */
  threads?: number;
}

export interface ThreadsResult {
  threads: number;
  fewerThreads: string | undefined;
  /** Of each step, before its update. */
  losses: number[];
  /** Of each step. */
  milliseconds: number[];
}

/** In a browser: what a device of that many threads makes of the training. */
export async function trainInBrowser({ threads, ...job }: ThreadsJob): Promise<ThreadsResult> {
  const device = await openInBrowser('cpu', { kernels: ['/relaxed.wasm', '/simd.wasm'], threads });
  try {
    const { fewerThreads } = device;
    return { threads: device.threads, fewerThreads, ...(await trainLosses(job)) };
  } finally {
    device.dispose();
  }
}

/** On the open device. */
export async function trainLosses({
  shape,
  steps,
}: ThreadsJob): Promise<Pick<ThreadsResult, 'losses' | 'milliseconds'>> {
  const model = benchModel(shapes[shape]);
  const step = trainModel(model, shapes[shape], { learningRate: 1e-3, maxGradNorm: 1 });
  const [losses, milliseconds]: number[][] = [[], []];
  for (let i = 0; i < steps; i++) {
    const started = performance.now();
    losses!.push(await step());
    milliseconds!.push(performance.now() - started);
  }
  model.dispose();
  return { losses: losses!, milliseconds: milliseconds! };
}
