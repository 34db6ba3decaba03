import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Program } from '../engine/program.ts';
import type { WebGpuBackend } from '../engine/webGpuBackend.ts';

/** Elements that every window but the last is a multiple of: bindings begin at multiples of 256 bytes. */
export const WINDOW_UNIT = 64;

/** Runs a program whose lane i works on element i of every tensor: in parts where the device binds no more at once. */
export function runElements(
  backend: WebGpuBackend,
  program: Program,
  {
    tensors,
    shared = {},
    params = {},
    size,
  }: {
    tensors: Readonly<Record<string, TensorInfo>>;
    /** Tensors that every element reads as a whole. */
    shared?: Readonly<Record<string, TensorInfo>>;
    params?: Readonly<Record<string, number>>;
    size: number;
  },
): void {
  const most = backend.mostElements;
  const part = most - (most % WINDOW_UNIT);
  for (let start = 0; start < size; start += part) {
    const count = Math.min(part, size - start);
    const window = { start, size: count };
    backend.run(program, {
      tensors: { ...tensors, ...shared },
      windows:
        size <= most ? {} : Object.fromEntries(Object.keys(tensors).map((name) => [name, window])),
      params: { ...params, size: count },
      blocks: Math.ceil(count / program.lanes),
    });
    if (size <= most) return;
  }
}

/** Parts of the rows of a matrix that the device binds at once; all of them where it can. */
export function rowWindows(
  backend: WebGpuBackend,
  rows: number,
  width: number,
): { first: number; count: number }[] {
  if (rows * width <= backend.mostElements) return [{ first: 0, count: rows }];
  const fitting = Math.floor(backend.mostElements / width);
  const part = Math.max(WINDOW_UNIT, fitting - (fitting % WINDOW_UNIT));
  return Array.from({ length: Math.ceil(rows / part) }, (_, k) => ({
    first: k * part,
    count: Math.min(part, rows - k * part),
  }));
}
