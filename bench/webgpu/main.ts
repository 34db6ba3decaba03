/**
 * The training step on our WebGPU device against the same model written in plain tfjs ops on tfjs-backend-webgpu: same
 * weights, same batch, in turns, each on a device of its own whose buffers are counted. Our WebAssembly engine takes a
 * step in every round as well.
 *
 *     pnpm webgpu node --conditions=@molrl/source --import tsx bench/webgpu/main.ts nano 5
 *
 * Shape, and rounds. Medians of the clock and of paired ratios. `pnpm webgpu` runs it on SwiftShader, whose times are a
 * processor's: they compare what both ask of a device, not GPUs.
 */
import { openDevice } from '@molrl/tensor-gpu';
import { setBackend } from '@tensorflow/tfjs-core';
import { create } from 'webgpu';
import { median } from '../median.ts';
import { benchModel } from '../ours/benchModel.ts';
import { trainModel } from '../ours/trainStep.ts';
import { shapeNamed } from '../shapes.ts';
import { countBuffers } from './countBuffers.ts';
import { openTfjs, TFJS_BACKEND } from './openTfjs.ts';
import { tfjsTrainStep, type Weights } from './tfjsQwen3.ts';

const LEARNING_RATE = 1e-3;
/** Steps before the first that is measured: shaders are compiled, buffers are there. */
const WARM_UP = 2;
const LIMITS = [
  ...['maxBufferSize', 'maxStorageBufferBindingSize', 'maxStorageBuffersPerShaderStage'],
  ...['maxComputeWorkgroupStorageSize', 'maxComputeInvocationsPerWorkgroup'],
  ...['maxComputeWorkgroupSizeX', 'maxComputeWorkgroupsPerDimension'],
] as const;

/** A contender: how it takes a step, and the back end that is tfjs's current one then. */
interface Contender {
  backend: string;
  step: () => Promise<number>;
}

async function main([name = 'nano', count = '5']: string[]): Promise<void> {
  const shape = shapeNamed('webgpu', name);
  const rounds = Number(count);
  const gpu = create([]);
  const [ours, theirs] = [await newDevice(gpu), await newDevice(gpu)];
  const bytes = { ours: countBuffers(ours), tfjs: countBuffers(theirs) };
  const options = { learningRate: LEARNING_RATE, weightDecay: 0 };

  const device = await openDevice('webgpu', { device: ours });
  const model = benchModel(shape);
  const weights: Weights = {};
  for (const [parameter, variable] of Object.entries(model.parameters))
    weights[parameter] = {
      values: (await variable.data()) as Float32Array, // weights are float32
      shape: [...variable.shape],
    };
  const contenders: Record<'ours' | 'tfjs' | 'wasm', Contender> = {
    ours: { backend: 'molrl-webgpu', step: trainModel(model, shape, options) },
    ...{ tfjs: await tfjsContender(theirs), wasm: await wasmContender() },
  };
  const seconds: Record<string, number[]> = { ours: [], tfjs: [], wasm: [] };
  let apart = 0;
  for (let round = -WARM_UP; round < rounds; round++) {
    const found: number[] = [];
    for (const [who, { backend, step }] of Object.entries(contenders)) {
      await setBackend(backend);
      const start = performance.now();
      found.push(await step());
      if (who !== 'wasm') await (who === 'ours' ? ours : theirs).queue.onSubmittedWorkDone(); // the update too
      if (round >= 0) seconds[who]!.push((performance.now() - start) / 1e3);
    }
    const [a, b, c] = found as [number, number, number];
    apart = Math.max(apart, Math.abs(a - b), Math.abs(a - c));
    if (round === -WARM_UP || round === rounds - 1)
      console.log(
        `step ${round + WARM_UP + 1}: loss ${a.toFixed(6)} ours, ${b.toFixed(6)} tfjs, ${c.toFixed(6)} WebAssembly`,
      );
  }
  const times = (who: string): string => `${(median(seconds[who]!) * 1e3).toFixed(0)} ms`;
  const ratio = (who: string): string =>
    median(seconds[who]!.map((other, round) => other / seconds.ours![round]!)).toFixed(2);
  const mib = (n: number): string => `${(n / 2 ** 20).toFixed(1)} MiB`;
  console.log(`${name}, ${rounds} rounds, ${device.adapter.description}
step: ${times('ours')} ours, ${times('tfjs')} tfjs-backend-webgpu (${ratio('tfjs')} times as long), ${times('wasm')} our WebAssembly (${ratio('wasm')})
buffers made: ${mib(bytes.ours.made)} ours, ${mib(bytes.tfjs.made)} tfjs (${(bytes.tfjs.made / bytes.ours.made).toFixed(2)} times as many bytes); most at once ${mib(bytes.ours.peak)} and ${mib(bytes.tfjs.peak)} (${(bytes.tfjs.peak / bytes.ours.peak).toFixed(2)})
losses at most ${apart.toExponential(1)} apart`);
  if (!(apart < 1e-3)) throw new Error('webgpu: these are not the same steps.');
  device.dispose();
  process.exit(); // devices keep a process alive

  async function tfjsContender(own: GPUDevice): Promise<Contender> {
    await openTfjs(gpu, own);
    return { backend: TFJS_BACKEND, step: tfjsTrainStep(shape, weights, LEARNING_RATE) };
  }

  async function wasmContender(): Promise<Contender> {
    await openDevice('cpu', { kernels: 'wasm' });
    return { backend: 'molrl', step: trainModel(benchModel(shape), shape, options) };
  }
}

async function newDevice(gpu: GPU): Promise<GPUDevice> {
  const adapter = await gpu.requestAdapter();
  if (adapter === null) throw new Error('webgpu: no adapter. Run it by `pnpm webgpu`.');
  const requiredLimits = Object.fromEntries(LIMITS.map((name) => [name, adapter.limits[name]]));
  return adapter.requestDevice({ requiredLimits });
}

await main(process.argv.slice(2));
