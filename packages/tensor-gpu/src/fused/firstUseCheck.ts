import { dispose, engine, type KernelBackend } from '@tensorflow/tfjs-core';
import { assertOneCopy } from '../backend/oneCopy.ts';
import { type CheckedTensor, checkExample, relativeError } from './checkExample.ts';
import type { FusedOp } from './fusedOp.ts';

/** Small enough for a fraction of a millisecond, odd enough to meet the kernels' row tails. */
const EXAMPLE_SHAPE = [2, 3, 10];
/** For devices whose kernels split the work: more rows than a block has. */
const BLOCKS_SHAPE = [70, 10];

/** Of each back end: whether the op of that name passed its last check. */
const passed = new WeakMap<KernelBackend, Map<string, boolean>>();
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

/** Says that a device does without something that it offers. */
export function reportFallBack(message: string): void {
  report(message);
}

/** Whether the op's kernels agree with its reference on the current back end. The first call there checks them. */
export function passesFirstUseCheck(op: FusedOp): boolean {
  const known = passed.get(engine().backend)?.get(checkName(op));
  if (known !== undefined) return known;
  assertOneCopy(op.definition.name);
  remember(op, true); // the check itself uses ops
  const error = withoutTape(() => {
    const checked = checkExample(op.definition, EXAMPLE_SHAPE, 1);
    return Math.max(...checked.map(errorOf));
  });
  return recordCheck(op, error);
}

/** The same ahead of the first use, for devices that are read asynchronously: an op must have been checked before it runs there. */
export async function checkFirstUse(op: FusedOp): Promise<boolean> {
  remember(op, true); // the check itself uses ops
  const checked = withoutTape(() =>
    [EXAMPLE_SHAPE, BLOCKS_SHAPE].flatMap((shape) => checkExample(op.definition, shape, 1)),
  );
  const values = await Promise.all(
    checked.map(({ fused, reference }) => Promise.all([fused.data(), reference.data()])),
  );
  for (const { fused, reference } of checked) dispose([fused, reference]);
  return recordCheck(
    op,
    Math.max(...values.map(([fused, reference]) => relativeError(fused, reference))),
  );
}

/** Remembers and reports the outcome of a check on the current back end. */
export function recordCheck(op: FusedOp, error: number): boolean {
  const { tolerance } = op.definition;
  const ok = error <= tolerance;
  remember(op, ok);
  if (!ok) {
    report(
      `${checkName(op)}: fused result differs from its reference on '${engine().backendName}' (max error ${error.toExponential(1)}, tolerance ${tolerance.toExponential(1)}). Using the reference from now on; please report the adapter.`,
    );
  }
  return ok;
}

/** What an op is called in checks: `linear`, or `linear (bf16)` for a variant. */
export function checkName({ definition: { name, variant } }: FusedOp): string {
  return variant === undefined ? name : `${name} (${variant})`;
}

function remember(op: FusedOp, ok: boolean): void {
  const { backend } = engine();
  const ops = passed.get(backend) ?? new Map<string, boolean>();
  passed.set(backend, ops.set(checkName(op), ok));
}

function errorOf({ fused, reference }: CheckedTensor): number {
  const error = relativeError(fused.dataSync(), reference.dataSync());
  dispose([fused, reference]);
  return error;
}

/** The first use may be inside a recording: the check must leave no trace on that tape. */
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
