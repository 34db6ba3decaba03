import { util } from '@tensorflow/tfjs-core';
import { TensorGpuError } from '../../../base/errors.ts';
import type { WordType } from '../engine/program.ts';

/** Axes that a program can step through. */
export const AXES: readonly number[] = [0, 1, 2, 3, 4, 5, 6, 7];

/** WGSL: `places(i)`, the coordinates of element i of a tensor with sizes `params.n0 .. n7`. */
export const PLACES: string = `
fn places(i: u32) -> array<u32, ${AXES.length}> {
  var rest = i;
  var c: array<u32, ${AXES.length}>;
  ${AXES.toReversed()
    .map((k) => `c[${k}] = rest % params.n${k}; rest = rest / params.n${k};`)
    .join('\n  ')}
  return c;
}`;

/** The params of sizes, and of the strides of these tensors. */
export function dimensionParams(tensors: readonly string[]): Record<string, WordType> {
  const names = ['n', ...tensors].flatMap((name) => AXES.map((k) => `${name}${k}`));
  return Object.fromEntries(names.map((name) => [name, 'u32' as const]));
}

/** Sizes and strides as params, filled up with axes of one element. */
export function dimensions(
  sizes: readonly number[],
  strides: Readonly<Record<string, readonly number[]>>,
): Record<string, number> {
  if (sizes.length > AXES.length)
    throw new TensorGpuError(
      'shape',
      `webgpu: tensors have up to ${AXES.length} axes here, got [${sizes}]. Join some of them.`,
    );
  const params: Record<string, number> = {};
  const from = AXES.length - sizes.length;
  for (const k of AXES) {
    params[`n${k}`] = sizes[k - from] ?? 1;
    for (const [name, own] of Object.entries(strides)) params[`${name}${k}`] = own[k - from] ?? 0;
  }
  return params;
}

/** Sizes of a result, and the strides of operands that are broadcast to it. */
export function collapsedStrides(
  shape: readonly number[],
  operands: Readonly<Record<string, readonly number[]>>,
): Record<string, number> {
  const strides = Object.entries(operands).map(([name, own]) => {
    const lead = shape.length - own.length;
    const steps = stridesOf(own);
    return [name, shape.map((_, k) => (own[k - lead] === 1 ? 0 : (steps[k - lead] ?? 0)))];
  });
  return dimensions(shape, Object.fromEntries(strides));
}

/** Elements from one to the next along each axis, the last included. */
export function stridesOf(shape: readonly number[]): number[] {
  return shape.length === 0 ? [] : [...util.computeStrides([...shape]), 1];
}
