import { engine, getKernelsForBackend, type KernelConfig } from '@tensorflow/tfjs-core';
import { currentBackend } from '../backend/backend.ts';
import { TensorGpuError } from '../base/errors.ts';
import { knownOptions } from '../base/knownOptions.ts';

export interface ProfileOptions {
  /** What the machine can do, such as `pnpm bench` measures it: then every row has its `share`. Default: unknown. */
  limit?: { gflops: number; gbPerSecond: number } | undefined;
}

/** All commands of one kernel that one op gave. */
export interface ProfileRow {
  /** tfjs's name of the op that gave the commands, e.g. `linearGradient`; `(program)` for the optimizer's and the decoder's. */
  op: string;
  /** The device's kernel, e.g. `gemm`. */
  kernel: string;
  /** Number of commands. */
  calls: number;
  /** All threads together; waiting for the last one included. On a GPU by its own clock. */
  seconds: number;
  /** Floating-point operations, a multiply-add counted as 2; 0 where the work is bytes. */
  flops: number;
  /** Bytes of the operands, each read or written once: more cannot be needed, less if they are in a cache. */
  bytes: number;
  /**
   * Least possible time / `seconds`: the slower of arithmetic and memory traffic. Above 1 where operands come from a cache.
   * Undefined without a limit, and where a GPU's clock is too coarse for any time.
   */
  share: number | undefined;
}

/** Where the time of a piece of work went. */
export interface Profile<T> {
  /** What the function returned. */
  result: T;
  /** From call to end, a promise awaited. */
  seconds: number;
  /**
   * Outside every command: JavaScript of the ops, of the tape, of the function itself; waiting for a promise too. On a GPU what
   * its commands leave of `seconds`, 0 at least: JavaScript may run beside them.
   */
  dispatchSeconds: number;
  /** By time, longest first. */
  rows: ProfileRow[];
}

/**
 * Runs `work` and says where its time goes: by op and kernel, with arithmetic and bytes, and what JavaScript takes beside
 * them. Every command is timed by itself, so recorded programs run a little slower than usual. Warm up first: the first
 * calls of everything are slow.
 *
 * A GPU times its commands itself (`timestamp-query`), each in a pass of its own; browsers round its clock to 0.1 ms and Dawn to
 * 0.066, so single short commands come out as 0 or as that and only sums of many tell something. Of its commands products and
 * attention have `flops`.
 *
 * @param work - Synchronous or not; ops that run meanwhile from elsewhere are counted too.
 * @throws {TensorGpuError} `backend` without an open device, inside another `profile`, and on a GPU without a clock.
 *
 * @example
 * const layer = () => linear(ones([64, 32]), ones([16, 32]));
 * layer(); // the first use of an op checks its kernels
 * const { rows, dispatchSeconds } = await profile(layer);
 * const { op, kernel, flops } = rows.find((row) => row.kernel === 'gemm');
 * [op, kernel, flops]; // ['linear', 'gemm', 65536]
 */
export async function profile<T>(
  work: () => T | Promise<T>,
  options: ProfileOptions = {},
): Promise<Profile<T>> {
  const { limit } = knownOptions('profile', options, ['limit?']);
  const backend = engine().backendName ? currentBackend() : undefined; // asking tfjs for one would open one
  if (backend === undefined)
    throw new TensorGpuError('backend', 'profile: no device is open. Await openCpu() first.');
  const rows = new Map<string, ProfileRow>();
  const ops: string[] = [];
  const stop = backend.observe(({ kernel, flops, bytes }) => {
    const op = ops.at(-1) ?? '(program)';
    const key = `${op} ${kernel}`;
    const row = rows.get(key) ?? { op, kernel, calls: 0, seconds: 0, flops: 0, bytes: 0, share: 0 };
    row.calls++;
    row.flops += flops;
    row.bytes += bytes;
    rows.set(key, row);
    return (seconds) => {
      row.seconds += seconds;
    };
  });
  const restore = nameOps(ops);
  const started = performance.now();
  let result: T;
  try {
    result = await work();
  } finally {
    restore();
    await stop();
  }
  const seconds = (performance.now() - started) / 1000;
  const list = [...rows.values()].sort((a, b) => b.seconds - a.seconds);
  for (const row of list)
    row.share = limit && row.seconds > 0 ? leastSeconds(row, limit) / row.seconds : undefined;
  const inCommands = list.reduce((sum, row) => sum + row.seconds, 0);
  return { result, seconds, dispatchSeconds: Math.max(0, seconds - inCommands), rows: list };
}

const leastSeconds = (
  { flops, bytes }: ProfileRow,
  { gflops, gbPerSecond }: { gflops: number; gbPerSecond: number },
): number => Math.max(flops / gflops, bytes / gbPerSecond) / 1e9;

/** Until the returned function is called, `stack` holds the names of the tfjs kernels that run, innermost last. */
function nameOps(stack: string[]): () => void {
  const replaced: [KernelConfig, KernelConfig['kernelFunc']][] = [];
  for (const config of getKernelsForBackend(engine().backendName)) {
    const { kernelFunc, kernelName } = config;
    replaced.push([config, kernelFunc]);
    config.kernelFunc = (params) => {
      stack.push(kernelName);
      try {
        return kernelFunc(params);
      } finally {
        stack.pop();
      }
    };
  }
  return () => {
    for (const [config, kernelFunc] of replaced) config.kernelFunc = kernelFunc;
  };
}
