import { env } from 'node:process';

/**
 * Which kernels the tests run: both, or WebAssembly alone under `MOLRL_KERNELS=wasm`, for machines where koffi or a
 * native prebuild is missing. It must be said: a native engine that fails to load is not passed over in silence.
 */
export const testedKernels: readonly ('native' | 'wasm')[] =
  env.MOLRL_KERNELS === 'wasm' ? ['wasm'] : ['native', 'wasm'];
