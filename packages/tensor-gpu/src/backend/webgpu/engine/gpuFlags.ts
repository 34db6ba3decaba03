/**
 * Bits of the WebGPU standard, written down because Node has no globals for them.
 * @see https://www.w3.org/TR/webgpu/#namespacedef-gpubufferusage
 */
export const BUFFER = {
  mapRead: 1,
  copySource: 4,
  copyTarget: 8,
  uniform: 64,
  storage: 128,
  queryTarget: 512,
} as const;
/** `GPUMapMode.READ`. */
export const MAP_READ = 1;
/** `GPUShaderStage.COMPUTE`. */
export const COMPUTE_STAGE = 4;
