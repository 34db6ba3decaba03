// Runs in a browser page with WebGPU: the engine on the GPU of that browser.
import { openDevice, verify } from '@molrl/tensor-gpu';
import { median } from '../../bench/median.ts';
import { type GpuProgramResult, gpuProgram } from './gpuProgram.ts';
import { trainInBrowser, trainLosses } from './threadsProgram.ts';

/** Steps of the measurement on the GPU, which may be one in software, and in WebAssembly; the first is not counted. */
const STEPS = { gpu: 4, wasm: 16 };

/** What the page computed, and what it says about its GPU. */
export interface GpuPageResult extends GpuProgramResult {
  adapter: string;
  /** Fused ops that differ from their reference. */
  wrong: string[];
  /** How many ran as kernels. */
  checked: number;
  /** Of training nano, medians. */
  stepMs: { gpu: number; wasm: number };
}

async function runGpuPage(): Promise<GpuPageResult> {
  const device = await openDevice('webgpu');
  const checks = await verify();
  const result = await gpuProgram();
  const { vendor, architecture } = device.adapter;
  const onGpu = await trainLosses({ shape: 'nano', steps: STEPS.gpu });
  device.dispose();
  const inWasm = await trainInBrowser({ shape: 'nano', steps: STEPS.wasm, threads: 1 });
  const stepMs = ({ milliseconds }: { milliseconds: number[] }) => median(milliseconds.slice(1));
  return {
    ...result,
    adapter: `${vendor} ${architecture}`,
    wrong: checks.filter(({ ok }) => !ok).map(({ op, where }) => `${op}: ${where}`),
    stepMs: { gpu: stepMs(onGpu), wasm: stepMs(inWasm) },
    checked: checks.filter(({ fused }) => fused).length,
  };
}

Object.assign(globalThis, { runGpuPage });
