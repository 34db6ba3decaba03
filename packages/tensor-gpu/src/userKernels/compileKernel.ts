import {
  type KernelBackend,
  type KernelFunc,
  type Tensor,
  type TensorInfo,
  util,
} from '@tensorflow/tfjs-core';
import * as gpuJs from 'gpu.js';
import { TensorGpuError } from '../base/errors.ts';
import type { KernelMode, KernelSource } from './kernelSource.ts';
import { referenceGradients } from './referenceGradients.ts';

// CommonJS: Node gives its exports as the default
const { GPU, Input } = (gpuJs as typeof gpuJs & { default?: typeof gpuJs }).default ?? gpuJs;

/** gpu.js cuts a loop with a variable bound at this count, silently; its own default is 1000. */
const LOOP_MAX_ITERATIONS = 1 << 30;

interface Kernel {
  name: string;
  kind: 'element' | 'row';
  inputs: readonly string[];
  source: KernelSource;
  reference: (...inputs: Tensor[]) => Tensor;
  mode?: KernelMode | undefined;
}

/** A compiled function: values and shapes in, values of the result's shape out. */
type Run = (inputs: TensorInfo[], backend: KernelBackend, shape: number[]) => TensorInfo;

/**
 * The tfjs kernels of an op, forward and gradient. This module brings gpu.js: import it lazily.
 * @throws {TensorGpuError} `option` if gpu.js cannot compile a function.
 */
export function compileKernel(kernel: Kernel): { forward: KernelFunc; gradient: KernelFunc } {
  const { inputs, source } = kernel;
  const mode = kernel.mode ?? (GPU.isWebAssemblySupported ? 'wasm' : 'cpu');
  const gpu = new GPU({ mode: mode === 'wasm' ? 'webasm' : 'cpu' });
  const settings = {
    dynamicOutput: true,
    dynamicArguments: true,
    precision: 'single' as const,
    strictIntegers: true,
  };
  const compile = (text: string, role: string, parameters: number): Run => {
    const orRefused = <T>(run: () => T): T => {
      try {
        return run();
      } catch (cause) {
        throw uncompiled({ name: kernel.name, role, mode }, cause);
      }
    };
    const compiled = orRefused(() => gpu.createKernel(text, settings) as gpuJs.IKernelRunShortcut);
    compiled.setLoopMaxIterations(LOOP_MAX_ITERATIONS);
    const call = (shape: number[], given: gpuJs.Input[], sizes: number[]) =>
      orRefused(() => {
        compiled.setOutput(kernel.kind === 'row' ? rowSize(shape) : [util.sizeFromShape(shape)]);
        return compiled(...given, ...sizes);
      });
    // gpu.js compiles at the first call: make it now, on ones
    const one = new Input([1], kernel.kind === 'row' ? [1, 1] : [1]);
    call([1], new Array(parameters).fill(one), kernel.kind === 'row' ? [1, 1] : []);
    return (tensors, backend, shape) => {
      const given = tensors.map((tensor) => input(kernel.kind, tensor, backend));
      const [width, rows] = kernel.kind === 'row' ? largest(tensors) : [];
      return write(backend, call(shape, given, rows === undefined ? [] : [rows, width!]), shape);
    };
  };
  const forward = compile(source.forward, 'forward', inputs.length);
  const gradients = source.gradient?.map((text, i) =>
    compile(text, `gradient[${i}]`, inputs.length + 1),
  );
  return {
    forward: ({ inputs: given, backend }) => {
      const tensors = inputs.map((name) => given[name]!);
      return forward(tensors, backend as KernelBackend, tensors[0]!.shape);
    },
    gradient: ({ inputs: given, backend, attrs }) => {
      const tensors = [...inputs, 'dy'].map((name) => given[name]!);
      const wanted = (attrs as { wanted: string[] } | undefined)?.wanted ?? inputs;
      if (gradients === undefined) return referenceGradients(kernel, tensors, wanted);
      return wanted.map((name) => {
        const index = inputs.indexOf(name);
        return gradients[index]!(tensors, backend as KernelBackend, tensors[index]!.shape);
      });
    },
  };
}

function uncompiled(
  { name, role, mode }: { name: string; role: string; mode: KernelMode },
  cause: unknown,
): TensorGpuError {
  const reason = (cause instanceof Error ? cause.message : String(cause)).split(
    / on line \d+|\n/,
  )[0];
  return new TensorGpuError(
    'option',
    `defineKernel: gpu.js cannot compile ${role} of ${name} in mode '${mode}': ${reason}. It knows numbers, comparisons, let, if, for and the usual functions of Math (no isNaN, Math.hypot or functions of your own): write it with these.`,
    { cause },
  );
}

/** gpu.js sizes are `[width, rows]`. */
function rowSize(shape: number[]): [number, number] {
  const width = shape.at(-1) ?? 1;
  return [width, width === 0 ? 0 : util.sizeFromShape(shape) / width];
}

function largest(tensors: TensorInfo[]): [number, number] {
  const sizes = tensors.map(({ shape }) => rowSize(shape));
  return sizes.reduce((most, size) => (size[1] > most[1] ? size : most));
}

function input(
  kind: Kernel['kind'],
  { dataId, shape }: TensorInfo,
  backend: KernelBackend,
): gpuJs.Input {
  const values = backend.readSync(dataId) as Float32Array; // the op refuses other dtypes
  const size = kind === 'row' ? rowSize(shape) : ([values.length] as [number]);
  // gpu.js reads any float array; its typing says number[]
  return new Input(values as unknown as number[], size);
}

function write(backend: KernelBackend, values: unknown, shape: number[]): TensorInfo {
  const flat = new Float32Array(util.sizeFromShape(shape));
  if (values instanceof Float32Array) flat.set(values);
  else if (Array.isArray(values)) {
    for (const [row, line] of values.entries()) flat.set(line, row * line.length);
  } else {
    throw new TensorGpuError(
      'internal',
      `defineKernel: gpu.js gave ${typeof values}, expected Float32Array.`,
    );
  }
  return { dataId: backend.write(flat, shape, 'float32'), shape, dtype: 'float32' };
}
