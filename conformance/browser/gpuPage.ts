// Runs in a browser page with WebGPU: the engine on the GPU of that browser.
import { openDevice, verify } from '@molrl/tensor-gpu';
import { type GpuProgramResult, gpuProgram } from './gpuProgram.ts';

/** What the page computed, and what it says about its GPU. */
export interface GpuPageResult extends GpuProgramResult {
  adapter: string;
  /** Fused ops that differ from their reference. */
  wrong: string[];
  /** How many ran as kernels. */
  checked: number;
}

async function runGpuPage(): Promise<GpuPageResult> {
  const device = await openDevice('webgpu');
  const checks = await verify();
  const result = await gpuProgram();
  const { vendor, architecture } = device.adapter;
  device.dispose();
  return {
    ...result,
    adapter: `${vendor} ${architecture}`,
    wrong: checks.filter(({ ok }) => !ok).map(({ op, where }) => `${op}: ${where}`),
    checked: checks.filter(({ fused }) => fused).length,
  };
}

Object.assign(globalThis, { runGpuPage });
