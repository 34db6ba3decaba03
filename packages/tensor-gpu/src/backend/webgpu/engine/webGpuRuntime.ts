import { TensorGpuError } from '../../../base/errors.ts';
import type { CommandListener } from '../../commandListener.ts';
import { BufferPool, type GpuMemory } from './bufferPool.ts';
import { CommandTimer } from './commandTimer.ts';
import type { GpuConnection } from './gpuDevice.ts';
import { BUFFER } from './gpuFlags.ts';
import { PARAM_BYTES, Pipelines } from './pipelines.ts';
import type { Program } from './program.ts';
import { causeOf, type DeviceHealth, ReadBack } from './readBack.ts';

/** Dispatches whose params fit into a submission. */
const MOST_DISPATCHES = 4096;
/** Workgroups per dimension that every device allows. */
const GRID_WIDTH = 65535;

/** What the device was asked to do since it was opened. */
export interface GpuCounts {
  submissions: number;
  dispatches: number;
  /** Copies from buffer to buffer, those to read back included. */
  copies: number;
  readBacks: number;
  bytesRead: number;
  bytesUploaded: number;
  pipelines: number;
}

/** A storage buffer of a dispatch, with the tensor's first byte. */
export interface GpuSlice {
  readonly buffer: GPUBuffer;
  /** A multiple of 256. */
  readonly offset: number;
  readonly bytes: number;
  /** For profiles: bytes of the tensor itself, where the buffer is longer. Default: `bytes`. */
  readonly used?: number | undefined;
}

/** A dispatch, before it is encoded. */
export interface Dispatch {
  /** By the program's names. */
  readonly buffers: Readonly<Record<string, GpuSlice>>;
  readonly params: Readonly<Record<string, number>>;
  /** Workgroups. 0: nothing is done. */
  readonly blocks: number;
  /** For profiles: floating-point operations, a multiply-add counted as 2. Default 0: the work is bytes. */
  readonly flops?: number | undefined;
}

/**
 * The command queue of a device: dispatches and copies are encoded one after the other and submitted together, when a
 * read-back needs them or `submit` is called.
 */
export class WebGpuRuntime {
  readonly pool: BufferPool;
  readonly pipelines: Pipelines;
  readonly #connection: GpuConnection;
  readonly #device: GPUDevice;
  readonly #params: GPUBuffer;
  readonly #words = new ArrayBuffer(MOST_DISPATCHES * PARAM_BYTES);
  readonly #view = new DataView(this.#words);
  #encoder: GPUCommandEncoder | undefined;
  #pass: GPUComputePassEncoder | undefined;
  #queued = 0;
  #readBack: ReadBack | undefined;
  #observed: { listener: CommandListener; timer: CommandTimer } | undefined;
  #failure: Error | undefined;
  #disposed = false;
  readonly #counts = {
    ...{ submissions: 0, dispatches: 0, copies: 0, readBacks: 0 },
    ...{ bytesRead: 0, bytesUploaded: 0 },
  };

  readonly #onError = (event: Event) => {
    const { error } = event as GPUUncapturedErrorEvent; // the type of that event
    this.#failure ??= asError(error);
  };

  constructor(connection: GpuConnection, maxBytes: number) {
    this.#connection = connection;
    const { device } = connection;
    this.#device = device;
    this.pool = new BufferPool(device, { maxBytes, flush: () => this.submit() });
    this.pipelines = new Pipelines(device);
    this.#params = device.createBuffer({
      size: this.#words.byteLength,
      usage: BUFFER.uniform | BUFFER.copyTarget,
    });
    device.addEventListener('uncapturederror', this.#onError);
    this.lost = device.lost.then(({ reason, message }) => {
      const error = new TensorGpuError(
        'device-lost',
        `webgpu: the device was lost (${reason}: ${message}). Its tensors are gone: open it anew and go on from the last checkpoint.`,
      );
      this.#failure = error;
      return error;
    });
  }

  get limits(): GPUSupportedLimits {
    return this.#device.limits;
  }

  /** Resolves when the device is lost, also by `dispose`: with what every further call throws. */
  readonly lost: Promise<TensorGpuError>;

  counts(): GpuCounts {
    return { ...this.#counts, pipelines: this.pipelines.count };
  }

  memory(): GpuMemory {
    return this.pool.usage();
  }

  /** Puts numbers into a buffer of their own. */
  upload(values: ArrayBufferView): GPUBuffer {
    this.#assertAlive();
    if (this.#encoder === undefined) this.pool.submitted(); // nothing waits for what was freed
    const buffer = this.pool.take(values.byteLength, true);
    if (values.byteLength > 0) {
      // the values are a view of an ArrayBuffer: shared memory is copied by the caller
      this.#device.queue.writeBuffer(buffer, 0, values as ArrayBufferView<ArrayBuffer>);
    }
    this.#counts.bytesUploaded += values.byteLength;
    return buffer;
  }

  dispatch(program: Program, { buffers, params, blocks, flops = 0 }: Dispatch): void {
    if (blocks === 0) return;
    this.#assertAlive();
    const { pipeline, layout } = this.pipelines.of(program);
    if (this.#queued === MOST_DISPATCHES) this.submit();
    const at = this.#queued++ * PARAM_BYTES;
    this.#writeParams(program, at, { ...params, blocks });
    const group = this.#device.createBindGroup({
      layout,
      entries: [
        { binding: 0, resource: { buffer: this.#params, size: PARAM_BYTES } },
        ...program.bindings.map((name, k) => {
          const slice = buffers[name];
          if (slice === undefined)
            throw new TensorGpuError('internal', `${program.name}: no buffer for ${name}.`);
          const { buffer, offset, bytes } = slice;
          return { binding: k + 1, resource: { buffer, offset, size: bytes } };
        }),
      ],
    });
    const observed = this.#observed && this.#timePass(program, { buffers, flops });
    this.#pass ??= this.#commands().beginComputePass(observed);
    this.#pass.setPipeline(pipeline);
    this.#pass.setBindGroup(0, group, [at]);
    const rows = Math.ceil(blocks / GRID_WIDTH);
    this.#pass.dispatchWorkgroups(Math.ceil(blocks / rows), rows);
    if (observed) this.#endPass();
    this.#counts.dispatches++;
  }

  /** See `Backend.observe`: every command is a pass of its own then. */
  observe(listener: CommandListener): () => Promise<void> {
    this.#assertAlive();
    if (this.#observed !== undefined)
      throw new TensorGpuError('backend', 'profile: another profile is running. Await it first.');
    if (!this.#device.features.has('timestamp-query'))
      throw new TensorGpuError(
        'backend',
        'profile: this GPU has no clock for commands (the feature timestamp-query). Count its work with counts(); a device of your own needs the feature among its requiredFeatures.',
      );
    this.#endPass();
    const timer = new CommandTimer(this.#device);
    this.#observed = { listener, timer };
    return async () => {
      this.#observed = undefined;
      await this.finish();
      try {
        await timer.finish();
      } catch (error) {
        throw await causeOf(error, this.#health);
      }
    };
  }

  copy(from: GpuSlice, to: GpuSlice, bytes: number): void {
    if (bytes === 0) return;
    this.#assertAlive();
    this.#endPass();
    const { buffer, offset } = from;
    this.#commands().copyBufferToBuffer(buffer, offset, to.buffer, to.offset, bytes);
    this.#counts.copies++;
  }

  /** The bytes as they are after all that is encoded. What is asked for before the running code returns is read together. */
  read(slice: GpuSlice, bytes: number): Promise<ArrayBuffer> {
    if (bytes === 0) return Promise.resolve(new ArrayBuffer(0));
    this.#assertAlive();
    if (this.#readBack?.hasRoom(bytes) === false) this.#deliver();
    if (this.#readBack === undefined) {
      this.#readBack = new ReadBack(this.#device, bytes);
      queueMicrotask(() => this.#deliver());
    }
    const { staging } = this.#readBack;
    const { offset, values } = this.#readBack.add(bytes);
    this.copy(slice, { buffer: staging, offset, bytes: staging.size }, Math.ceil(bytes / 4) * 4);
    return values;
  }

  /** Hands all that is encoded to the device. */
  submit(): void {
    if (this.#encoder === undefined) {
      this.pool.submitted();
      return;
    }
    this.#endPass();
    const commands = this.#encoder.finish();
    this.#encoder = undefined;
    if (this.#queued > 0)
      this.#device.queue.writeBuffer(this.#params, 0, this.#words, 0, this.#queued * PARAM_BYTES);
    this.#queued = 0;
    this.#device.queue.submit([commands]);
    this.#counts.submissions++;
    this.pool.submitted();
  }

  /** Waits until everything is done. @throws {TensorGpuError} what went wrong on the device meanwhile. */
  async finish(): Promise<void> {
    this.submit();
    try {
      await this.#device.queue.onSubmittedWorkDone();
    } catch (error) {
      throw await causeOf(error, this.#health);
    }
    if (this.#failure) throw this.#failure;
  }

  /** Gives all memory back, also on a device that stays open for others; what is encoded is not done any more. */
  dispose(): void {
    if (this.#disposed) return;
    this.#deliver(); // what was asked for is answered
    this.#disposed = true;
    this.#encoder = undefined;
    this.#pass = undefined;
    this.pool.dispose();
    this.#params.destroy();
    this.#device.removeEventListener('uncapturederror', this.#onError);
    this.#connection.release();
  }

  get #health(): DeviceHealth {
    return { failure: () => this.#failure, lost: this.lost };
  }

  #timePass(
    { name, bindings }: Program,
    { buffers, flops }: Pick<Dispatch, 'buffers'> & { flops: number },
  ): GPUComputePassDescriptor {
    const { listener, timer } = this.#observed!; // the caller has asked
    const slices = bindings.flatMap((binding) => buffers[binding] ?? []);
    const bytes = slices.reduce((sum, slice) => sum + (slice.used ?? slice.bytes), 0);
    this.#endPass();
    return { timestampWrites: timer.time(listener({ kernel: name, flops, bytes })) };
  }

  #deliver(): void {
    const readBack = this.#readBack;
    if (readBack === undefined) return;
    this.#readBack = undefined;
    this.submit();
    this.#counts.readBacks++;
    this.#counts.bytesRead += readBack.bytes;
    void readBack.deliver(this.#health);
  }

  #commands(): GPUCommandEncoder {
    this.#encoder ??= this.#device.createCommandEncoder();
    return this.#encoder;
  }

  #endPass(): void {
    this.#pass?.end();
    this.#pass = undefined;
  }

  #writeParams(program: Program, at: number, params: Readonly<Record<string, number>>): void {
    for (const [k, [name, type]] of program.words.entries()) {
      const value = params[name];
      if (value === undefined)
        throw new TensorGpuError('internal', `${program.name}: no number for ${name}.`);
      const byte = at + 4 * k;
      if (type === 'f32') this.#view.setFloat32(byte, value, true);
      else if (type === 'i32') this.#view.setInt32(byte, value, true);
      else this.#view.setUint32(byte, value, true);
    }
  }

  #assertAlive(): void {
    if (this.#disposed)
      throw new TensorGpuError('disposed', 'webgpu: the device was disposed. Open it again.');
    if (this.#failure) throw this.#failure;
  }
}

function asError(error: GPUError): TensorGpuError {
  const isMemory = error.constructor.name === 'GPUOutOfMemoryError';
  return isMemory
    ? new TensorGpuError(
        'out-of-memory',
        `webgpu: the device has no memory left (${error.message}). Use a smaller micro-batch or model.`,
      )
    : new TensorGpuError('internal', `webgpu: ${error.message}`);
}
