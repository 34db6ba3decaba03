import { TensorGpuError } from '../../../base/errors.ts';
import { COMPUTE_STAGE } from './gpuFlags.ts';
import type { Program, WgslExtensions } from './program.ts';

/** Bytes of params that a dispatch may have: the smallest alignment of dynamic offsets that every device allows. */
export const PARAM_BYTES = 256;

/** A compiled program. */
export interface Compiled {
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
}

/** Compiles each program once for a device. */
export class Pipelines {
  readonly #device: GPUDevice;
  readonly #compiled = new Map<Program, Compiled>();
  /** What programs may use. */
  extensions: WgslExtensions = { subgroup: 1, shaderF16: false };

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  get count(): number {
    return this.#compiled.size;
  }

  /** The compiled program; compiled now, if nobody did it ahead. */
  of(program: Program): Compiled {
    const known = this.#compiled.get(program);
    if (known !== undefined) return known;
    const { layout, descriptor } = this.#describe(program);
    const compiled = { layout, pipeline: this.#device.createComputePipeline(descriptor) };
    this.#compiled.set(program, compiled);
    return compiled;
  }

  /** Compiles all of them side by side; `onCompiled` is told how many are done. */
  async ahead(
    programs: readonly Program[],
    onCompiled: (done: number, total: number) => void,
  ): Promise<void> {
    let done = 0;
    // a text that is no WGSL is told below: it must not count as a failure of the device
    this.#device.pushErrorScope('validation');
    const compiling = programs.map(async (program) => {
      const { layout, descriptor } = this.#describe(program);
      const pipeline = await this.#device
        .createComputePipelineAsync(descriptor)
        .catch((error: unknown) => {
          throw notCompiled(program, error);
        });
      this.#compiled.set(program, { layout, pipeline });
      onCompiled(++done, programs.length);
    });
    await Promise.all([...compiling, this.#device.popErrorScope()]);
  }

  #describe(program: Program): {
    layout: GPUBindGroupLayout;
    descriptor: GPUComputePipelineDescriptor;
  } {
    const device = this.#device;
    const storage = Object.keys(program.reads).length;
    const layout = device.createBindGroupLayout({
      label: program.name,
      entries: [
        {
          binding: 0,
          visibility: COMPUTE_STAGE,
          buffer: { type: 'uniform', hasDynamicOffset: true, minBindingSize: PARAM_BYTES },
        },
        ...program.bindings.map((_, k) => ({
          binding: k + 1,
          visibility: COMPUTE_STAGE,
          buffer: { type: k < storage ? ('read-only-storage' as const) : ('storage' as const) },
        })),
      ],
    });
    const module = device.createShaderModule({
      label: program.name,
      code: program.code(this.extensions),
    });
    const descriptor = {
      label: program.name,
      layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
      compute: { module, entryPoint: 'main' },
    };
    return { layout, descriptor };
  }
}

function notCompiled({ name }: Program, error: unknown): TensorGpuError {
  return new TensorGpuError(
    'backend',
    `openDevice: this GPU's driver does not compile ${name} (${String(error)}). Update it, or use openDevice('cpu').`,
    { cause: error },
  );
}
