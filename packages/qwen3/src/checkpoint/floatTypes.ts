/** Types of a safetensors file that the kernels read as they are. */
export const FLOAT_TYPES = { F32: 'f32', BF16: 'bf16', F16: 'f16' } as const;

/** A key of {@link FLOAT_TYPES}. */
export type FloatType = keyof typeof FLOAT_TYPES;

/** As PyTorch names them. */
export const FLOAT_NAMES: ReadonlyMap<unknown, FloatType> = new Map([
  ['float32', 'F32'],
  ['bfloat16', 'BF16'],
  ['float16', 'F16'],
]);
