import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import { TensorGpuError } from '../../../base/errors.ts';
import type { CompiledUserKernel, UserFunction, UserKernel } from '../../userKernel.ts';
import { defineProgram, type Program, type WordType } from '../engine/program.ts';
import type { WebGpuBackend } from '../engine/webGpuBackend.ts';
import { runElements } from '../kernels/windows.ts';
import { SEMANTICS } from './wgslMath.ts';
import { type WgslContext, wgslOf } from './wgslOf.ts';

/** A kernel of a user in WGSL: it reads and writes tensors where they lie. */
export async function compileUserKernel(
  backend: WebGpuBackend,
  kernel: UserKernel,
): Promise<CompiledUserKernel<WebGpuBackend>> {
  const { name, kind, inputs } = kernel;
  const most = backend.gpu.limits.maxStorageBuffersPerShaderStage;
  const bound = inputs.length + (kernel.gradient ? 2 : 1);
  if (bound > most)
    throw new TensorGpuError(
      'option',
      `defineKernel: ${name} reads and writes ${bound} tensors, this GPU binds ${most} at most. Join some of its inputs.`,
    );
  const forward = programOf(kernel, 'forward', { body: kernel.forward, read: inputs });
  const gradients = kernel.gradient?.map((body, k) =>
    programOf(kernel, `gradient[${k}]`, { body, read: [...inputs, 'dy'] }),
  );
  try {
    await backend.gpu.pipelines.ahead([forward, ...(gradients ?? [])], () => undefined);
  } catch (cause) {
    throw new TensorGpuError(
      'option',
      `defineKernel: this GPU's driver does not compile ${name}. Write it in a simpler way, or use its reference.`,
      { cause },
    );
  }
  const run = kind === 'row' ? runRows : runNumbers;
  return {
    forward: (call) => {
      const given = inputs.map((input) => call.inputs[input]!);
      return [run(call.backend, forward, { given, shape: given[0]!.shape })];
    },
    ...(gradients && {
      gradient: (call) => {
        const given = [...inputs, 'dy'].map((input) => call.inputs[input]!);
        return call.wanted.map((input) => {
          const index = inputs.indexOf(input);
          return run(call.backend, gradients[index]!, { given, shape: given[index]!.shape });
        });
      },
    }),
  };
}

function programOf(
  { name, kind }: UserKernel,
  role: string,
  { body, read }: { body: UserFunction; read: readonly string[] },
): Program {
  const isRow = kind === 'row';
  const value = (code: string, type: 'f32' | 'i32') => ({ value: { code, type } });
  const context: WgslContext = {
    parameters: isRow
      ? [
          ...read.map((_, k) => ({ read: `read${k}` })),
          ...[value('ownRow', 'i32'), value('ownColumn', 'i32')],
          ...[value('i32(params.rows)', 'i32'), value('i32(params.width)', 'i32')],
        ]
      : read.map((_, k) => value(`number${k}`, 'f32')),
    refuse: (what) => {
      throw new TensorGpuError(
        'option',
        `defineKernel: ${role} of ${name} has ${what}. Kernels of a GPU know numbers, comparisons, let, if, loops and the functions of Math: write it with these.`,
      );
    },
  };
  const { body: statements, functions } = wgslOf(body, context);
  const numbers = read.map((_, k) => `number${k}: f32`).join(', ');
  const parameters = isRow ? 'ownRow: i32, ownColumn: i32' : numbers;
  const reads = Object.fromEntries(read.map((_, k) => [`in${k}`, 'f32' as const]));
  const sizes: Record<string, WordType> = isRow
    ? {
        ...{ rows: 'u32', width: 'u32', ownWidth: 'u32' },
        ...Object.fromEntries(
          read.flatMap((_, k) => [
            [`rows${k}`, 'u32'],
            [`width${k}`, 'u32'],
          ]),
        ),
      }
    : {};
  return defineProgram({
    name: `${name} ${role}`,
    reads,
    writes: { y: 'f32' },
    params: { size: 'u32', ...sizes },
    declarations: `${SEMANTICS}
${isRow ? read.map((_, k) => readOf(k)).join('\n') : ''}
${functions}
fn kernel(${parameters}) -> f32 {
${statements}
}`,
    body: `
  let i = block * LANES + lane;
  if (i < params.size) {
    y[i] = ${isRow ? 'kernel(i32(i / params.ownWidth), i32(i % params.ownWidth))' : `kernel(${read.map((_, k) => `in${k}[i]`).join(', ')})`};
  }`,
  });
}

/** WGSL: a number of a row; NaN where there is none, as JavaScript's `undefined` is in a sum. */
function readOf(k: number): string {
  return `
fn read${k}(row: i32, column: i32) -> f32 {
  if (row < 0 || column < 0 || u32(row) >= params.rows${k} || u32(column) >= params.width${k}) { return nan(); }
  return in${k}[u32(row) * params.width${k} + u32(column)];
}`;
}

/** Where a program gets its numbers, and the shape of what it makes. */
interface Run {
  given: readonly TensorInfo[];
  shape: readonly number[];
}

const named = (given: readonly TensorInfo[]): Record<string, TensorInfo> =>
  Object.fromEntries(given.map((tensor, k) => [`in${k}`, tensor]));

function runNumbers(backend: WebGpuBackend, program: Program, { given, shape }: Run): TensorInfo {
  const y = backend.output(shape);
  runElements(backend, program, {
    tensors: { ...named(given), y },
    size: util.sizeFromShape([...shape]),
  });
  return y;
}

function runRows(backend: WebGpuBackend, program: Program, { given, shape }: Run): TensorInfo {
  const y = backend.output(shape);
  const size = util.sizeFromShape([...shape]);
  const sizes = given.map((tensor) => rowSize(tensor.shape));
  const [rows, width] = sizes.reduce((most, one) => (one[0] > most[0] ? one : most));
  backend.run(program, {
    tensors: { ...named(given), y },
    params: {
      ...{ size, rows, width, ownWidth: rowSize(shape)[1] },
      ...Object.fromEntries(
        sizes.flatMap(([own, wide], k) => [
          [`rows${k}`, own],
          [`width${k}`, wide],
        ]),
      ),
    },
    blocks: Math.ceil(size / program.lanes),
  });
  return y;
}

function rowSize(shape: readonly number[]): [rows: number, width: number] {
  const width = shape.at(-1) ?? 1;
  return [width === 0 ? 0 : util.sizeFromShape([...shape]) / width, width];
}
