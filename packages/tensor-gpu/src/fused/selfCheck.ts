import { dispose, engine, type KernelBackend } from '@tensorflow/tfjs-core';
import { assertOneCopy } from '../backend/oneCopy.ts';
import { type ComparedTensor, compareFusedOp, relativeError } from './compareFusedOp.ts';
import type { FusedOp } from './fusedOp.ts';

/** Small enough for a fraction of a millisecond, odd enough to meet the kernels' row tails. */
const EXAMPLE_SHAPE = [2, 3, 10];

const trusted = new WeakMap<KernelBackend, Map<string, boolean>>();
let report = (message: string): void => {
  // biome-ignore lint/suspicious/noConsole: a wrong kernel must be seen; onFusedMismatch redirects it
  console.warn(message);
};

/** Where the message goes when a fused op differs from its reference or cannot be compiled. Default `console.warn`. */
export function onFusedMismatch(listener: (message: string) => void): void {
  report = listener;
}

/** Says that the reference stands in for a kernel that could not be had. */
export function reportUnusable(error: Error): void {
  report(`${error.message} Using the reference from now on.`);
}

/**
 * Whether the op's kernels agree with its reference on the current back end. The first call there
 * compares them; a back end that cannot be read synchronously (WebGPU) is trusted until `verify()`.
 */
export function isTrusted(op: FusedOp): boolean {
  const { backend, backendName } = engine();
  const { name } = op.definition;
  const known = trusted.get(backend)?.get(name);
  if (known !== undefined) return known;
  assertOneCopy(name, backendName);
  trust(name, true); // the comparison itself uses ops
  if (backendName === 'webgpu') return true;
  const error = withoutTape(() => {
    const compared = compareFusedOp(op.definition, EXAMPLE_SHAPE, 1);
    return Math.max(...compared.map(errorOf));
  });
  return judge(op, error);
}

/** Remembers and reports the outcome of a comparison on the current back end. */
export function judge(op: FusedOp, error: number): boolean {
  const { name, tolerance } = op.definition;
  const ok = error <= tolerance;
  trust(name, ok);
  if (!ok) {
    report(
      `${name}: fused result differs from its reference on '${engine().backendName}' (max error ${error.toExponential(1)}, tolerance ${tolerance.toExponential(1)}). Using the reference from now on; please report the adapter.`,
    );
  }
  return ok;
}

function trust(name: string, ok: boolean): void {
  const { backend } = engine();
  const ops = trusted.get(backend) ?? new Map<string, boolean>();
  trusted.set(backend, ops.set(name, ok));
}

function errorOf({ fused, reference }: ComparedTensor): number {
  const error = relativeError(fused.dataSync(), reference.dataSync());
  dispose([fused, reference]);
  return error;
}

/** The first use may be inside a recording: the comparison must leave no trace on that tape. */
function withoutTape<T>(run: () => T): T {
  const { state } = engine();
  const { activeTape, gradientDepth, kernelDepth } = state;
  state.gradientDepth = 0;
  state.kernelDepth = 0; // inside tf.customGrad nothing would be recorded
  try {
    return run();
  } finally {
    state.gradientDepth = gradientDepth;
    state.kernelDepth = kernelDepth;
    state.activeTape = activeTape;
  }
}
