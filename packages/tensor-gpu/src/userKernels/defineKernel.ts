import { engine, getKernel, registerKernel, type Tensor } from '@tensorflow/tfjs-core';
import { type Backend, currentBackend } from '../backend/backend.ts';
import { registerFusedKernel } from '../backend/fusedKernel.ts';
import { TensorGpuError } from '../base/errors.ts';
import { defineFusedOp } from '../fused/defineFusedOp.ts';
import { checkFirstUse, reportUnusable } from '../fused/firstUseCheck.ts';
import type { FusedOp, FusedOpDefinition } from '../fused/fusedOp.ts';
import { registerGradients } from '../tape/registerGradients.ts';
import {
  type KernelMode,
  type KernelSource,
  kernelParameters,
  kernelSource,
  userFunction,
} from './kernelSource.ts';
import { referenceGradients } from './referenceGradients.ts';

/** A `[rows, width]` input of a row kernel; `x[row]![i]!` reads it. An input of shape `[width]` has one row. */
export type KernelRows = readonly (readonly number[])[];

type Numbers<Inputs extends readonly string[]> = { [K in keyof Inputs]: number };
type Rows<Inputs extends readonly string[]> = { [K in keyof Inputs]: KernelRows };
type Tensors<Inputs extends readonly string[]> = { [K in keyof Inputs]: Tensor };
/** Row and column of the result, then the sizes of the largest input. */
type Place = [row: number, column: number, rows: number, width: number];

interface KernelOptions<Inputs extends readonly string[]> {
  /** Unique among kernels; messages use it. */
  name: string;
  /** Names of the tensor arguments, in order. Default: the one parameter of an element-wise `forward`. */
  inputs?: Inputs | undefined;
  /** The same result in tfjs ops: the kernel is checked against it, and it stands in for the kernel. */
  reference: NoInfer<(...inputs: Tensors<Inputs>) => Tensor>;
  /** `|kernel - reference| / max(1, |reference|)` allowed in value and gradients. Default 1e-5. */
  tolerance?: number | undefined;
  /** Shapes of the inputs for a check of size `[..., width]`. Default: that shape for all. */
  shapes?: ((shape: readonly number[]) => readonly (readonly number[])[]) | undefined;
}

/** One number per element; all inputs have one shape. */
export interface ElementKernelOptions<Inputs extends readonly string[]>
  extends KernelOptions<Inputs> {
  kind?: 'element' | undefined;
  forward: NoInfer<(...inputs: Numbers<Inputs>) => number>;
  /** One function per input, `(...inputs, dy) => dinput`. Default: the reference's gradient. */
  gradient?: NoInfer<((...inputs: [...Numbers<Inputs>, dy: number]) => number)[]> | undefined;
}

/** One number per element from whole rows. The result has the shape of the first input. */
export interface RowKernelOptions<Inputs extends readonly string[]> extends KernelOptions<Inputs> {
  kind: 'row';
  inputs: Inputs;
  forward: (...inputs: [...Rows<Inputs>, ...place: Place]) => number;
  /** One function per input, `(...inputs, dy, row, column, rows, width) => dinput`, at each place of that input. */
  gradient?:
    | ((...inputs: [...Rows<Inputs>, dy: KernelRows, ...place: Place]) => number)[]
    | undefined;
}

/** Where the kernel runs. */
export interface KernelSettings {
  /** How gpu.js runs it; a GPU does not ask. Default `'wasm'`, where WebAssembly exists. */
  mode?: KernelMode | undefined;
}

/** A differentiable op with a kernel written in TypeScript. */
export interface KernelOp<Inputs extends readonly string[]>
  extends FusedOp<Tensors<Inputs>, Tensor> {
  /**
   * Compiles for the current device: gpu.js, loaded for it, on a CPU; a GPU by itself, and checks there. Until then calls use
   * the reference.
   * @throws {TensorGpuError} `option` if a function cannot be compiled; the error of gpu.js is the `cause`.
   */
  ready(): Promise<void>;
}

const BACKENDS = ['cpu', 'molrl'];
const names = new Set<string>();

/**
 * A differentiable op whose kernel is written in TypeScript, compiled by gpu.js on a CPU and to WGSL on a GPU.
 *
 *     element:  y[i] = forward(x[i], ...)          dx[i] = gradient[0](x[i], ..., dy[i])
 *     row:      y[row][column] = forward(x, ..., row, column, rows, width)
 *
 * The functions are read as source text: arithmetic, `Math`, `let`, `if` and `for` only, nothing from
 * outside but their parameters. Loops may run over `width`, however large. f32 throughout. A variable must not hide
 * another one of its name: gpu.js's WebAssembly mode keeps both in one place.
 *
 * gpu.js is loaded at the first call, or by `await op.ready()`; calls before it has arrived use the
 * reference. The first use of the kernel is checked against the reference; a mismatch is reported and the
 * reference is used from then on, as for the built-in fused ops; so is a function that gpu.js cannot compile, unless
 * `ready()` is awaited, which throws then. A GPU takes and gives tensors where they lie; each device that is opened compiles
 * and checks anew. There numbers are float32 as well, and mean what they mean in JavaScript: `NaN` is unequal to itself, a
 * negative base has its whole powers, loops have any bounds, and a place outside of a row is `NaN`.
 *
 * @throws {TensorGpuError} `option` if the name is taken, a gradient is missing for an input, the
 * source of a function cannot be read, or a variable hides another.
 *
 * @example
 * const softsign = defineKernel({
 *   name: 'softsign',
 *   forward: (x) => x / (1 + Math.abs(x)),
 *   gradient: [(x, dy) => dy / ((1 + Math.abs(x)) * (1 + Math.abs(x)))],
 *   reference: (x: Tensor) => div(x, add(1, abs(x))),
 * });
 * await softsign.ready();
 * softsign(tensor1d([-1, 3])); // [-0.5, 0.75]
 */
export function defineKernel<const Inputs extends readonly string[] = readonly [x: string]>(
  options: ElementKernelOptions<Inputs>,
  settings?: KernelSettings,
): KernelOp<Inputs>;
export function defineKernel<const Inputs extends readonly string[]>(
  options: RowKernelOptions<Inputs>,
  settings?: KernelSettings,
): KernelOp<Inputs>;
export function defineKernel<const Inputs extends readonly string[]>(
  options: ElementKernelOptions<Inputs> | RowKernelOptions<Inputs>,
  settings: KernelSettings = {},
): KernelOp<Inputs> {
  const { name, kind = 'element', forward, gradient, reference, tolerance = 1e-5 } = options;
  const { shapes = (shape: readonly number[]) => inputs.map(() => shape) } = options;
  const inputs: readonly string[] = options.inputs ?? kernelParameters(name, forward);
  if (names.has(name) || BACKENDS.some((backend) => getKernel(name, backend) != null)) {
    throw new TensorGpuError(
      'option',
      `defineKernel: a kernel named ${name} exists. Choose another name.`,
    );
  }
  if (gradient !== undefined && gradient.length !== inputs.length) {
    throw new TensorGpuError(
      'option',
      `defineKernel: ${name} has ${inputs.length} inputs (${inputs}), got ${gradient.length} gradients. Give one per input, or none.`,
    );
  }
  const source: KernelSource = {
    forward: kernelSource({ name, kind, inputs, body: forward }),
    gradient: gradient?.map((body) =>
      kernelSource({ name, kind, inputs: [...inputs, 'dy'], body }),
    ),
  };
  names.add(name);

  const definition: FusedOpDefinition<Tensors<Inputs>, Tensor> = {
    name,
    inputs,
    saves: inputs,
    reference,
    tolerance,
    // shapes gives one shape per input, so the list is as long as Inputs
    example: (shape, random) => shapes(shape).map((size) => random.normal(size)) as Tensors<Inputs>,
  };
  const op = defineFusedOp(definition);
  const slow = (...tensors: Tensor[]) => reference(...(tensors as Tensors<Inputs>)); // one per input
  let loading: Promise<void> | undefined;
  /** Of each device that compiles kernels itself. */
  const onDevices = new WeakMap<Backend, Promise<void>>();
  const checkedOn = new WeakSet<Backend>();
  const ready = () => {
    const device = currentBackend();
    if (device?.compileKernel === undefined) {
      loading ??= load();
      return loading;
    }
    const known = onDevices.get(device) ?? compileOn(device);
    onDevices.set(device, known);
    return known;
  };
  const load = async () => {
    const { compileKernel } = await import('./compileKernel.ts');
    await registerGradients();
    const { mode } = settings;
    const kernels = compileKernel({ name, kind, inputs, source, reference: slow, mode });
    for (const backendName of BACKENDS) {
      registerKernel({ kernelName: name, backendName, kernelFunc: kernels.forward });
      registerKernel({ kernelName: `${name}Gradient`, backendName, kernelFunc: kernels.gradient });
    }
  };
  const compileOn = async (device: Backend) => {
    const compiled = await device.compileKernel!({
      ...{ name, kind, inputs, forward: userFunction(name, forward) },
      gradient: gradient?.map((body) => userFunction(name, body)),
    });
    registerFusedKernel(device.name, {
      name,
      forward: compiled.forward,
      gradient:
        compiled.gradient ??
        ((given) => {
          const tensors = [...inputs, 'dy'].map((input) => given.inputs[input]!);
          return referenceGradients({ reference: slow, inputs }, tensors, given.wanted);
        }),
    });
    await checkFirstUse(op);
    checkedOn.add(device);
  };
  const call = (...args: Tensors<Inputs>): Tensor => {
    const device = currentBackend();
    if (device?.compileKernel !== undefined) {
      if (checkedOn.has(device)) return op(...args);
      if (!onDevices.has(device)) ready().catch(reportUnusable);
      return reference(...args);
    }
    if (BACKENDS.includes(engine().backendName) && loading === undefined)
      ready().catch(reportUnusable);
    return op(...args);
  };
  return Object.assign(call, { definition, ready });
}
