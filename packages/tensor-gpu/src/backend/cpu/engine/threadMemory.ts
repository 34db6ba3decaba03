/** Bytes of the control block; its layout is `Control` in kernels/pool.c. */
export const CONTROL_BYTES = 320;
/** SCRATCH_BYTES in kernels/kernel.h. */
export const SCRATCH_BYTES: number = 4 << 20;
/** Stack of one WebAssembly instance. */
export const STACK_BYTES: number = 256 << 10;
