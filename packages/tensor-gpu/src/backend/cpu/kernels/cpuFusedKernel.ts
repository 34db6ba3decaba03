import type { FusedKernel, FusedKernelCall } from '../../fusedKernel.ts';
import type { CpuBackend } from '../engine/cpuBackend.ts';

/** A fused op in kernels of this device. */
export type CpuFusedKernel = FusedKernel<CpuBackend>;

/** What such a kernel gets. */
export type CpuFusedKernelCall = FusedKernelCall<CpuBackend>;
