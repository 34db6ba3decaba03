import {
  type BackendTimingInfo,
  type BackendValues,
  DataStorage,
  type DataType,
  engine,
  KernelBackend,
  type TensorInfo,
  type TypedArray,
  util,
} from '@tensorflow/tfjs-core';
import { TensorGpuError } from '../../../base/errors.ts';
import { type StoredDtype, storedBytes } from '../../../weights/storedDtype.ts';
import type { GpuMemory } from './bufferPool.ts';
import type { Program } from './program.ts';
import { widenProgram } from './storedReads.ts';
import { type GpuTiles, USUAL_TILES } from './tiles.ts';
import type { Dispatch, GpuSlice, WebGpuRuntime } from './webGpuRuntime.ts';

/** Name under which the back end is registered with tfjs. */
export const WEBGPU_BACKEND = 'molrl-webgpu';

type DataId = TensorInfo['dataId'];

/** What lies in four bytes an element: booleans as 0 and 1. */
export type GpuDtype = 'float32' | 'int32' | 'bool';

interface Stored {
  readonly dtype: GpuDtype;
  /** Of a frozen weight that lies as its file has it. */
  readonly as?: StoredDtype | undefined;
  readonly size: number;
  readonly buffer: GPUBuffer;
  refCount: number;
}

/** A dispatch whose buffers are tensors. */
export interface TensorDispatch extends Omit<Dispatch, 'buffers'> {
  readonly tensors: Readonly<Record<string, TensorInfo>>;
  /** Of tensors that are bound in part: that part, in elements; `start` is a multiple of 64. */
  readonly windows?: Readonly<Record<string, { start: number; size: number }>>;
}

/** tfjs back end whose tensors are buffers of a GPU. They are written at once and read asynchronously only. */
export class WebGpuBackend extends KernelBackend {
  readonly gpu: WebGpuRuntime;
  /** Of products of matrices. */
  tiles: GpuTiles = USUAL_TILES;
  readonly #data: DataStorage<Stored>;

  constructor(gpu: WebGpuRuntime) {
    super();
    this.gpu = gpu;
    this.#data = new DataStorage(this, engine());
  }

  /** Runs a program over tensors. */
  run(program: Program, { tensors, windows = {}, ...dispatch }: TensorDispatch): void {
    if (dispatch.blocks === 0) return;
    const buffers: Record<string, GpuSlice> = {};
    const widened: TensorInfo[] = [];
    for (const name of program.bindings) {
      const given = this.#data.get(tensors[name]!.dataId); // all are given
      if (given.as !== undefined && given.as === program.stored?.[name]) {
        const { size: bytes } = given.buffer;
        const used = storedBytes(program.name, { shape: [given.size], dtype: given.as });
        buffers[name] = { buffer: given.buffer, offset: 0, bytes, used };
        continue;
      }
      if (given.as !== undefined) widened.push(this.#widened(tensors[name]!, given.as));
      const { buffer, size: all } =
        given.as === undefined ? given : this.#data.get(widened.at(-1)!.dataId);
      const { start, size } = windows[name] ?? { start: 0, size: all };
      if (size > this.mostElements) throw tooLargeToBind(program, 4 * size, this.mostElements);
      const bytes = size < all ? 4 * size : Math.min(buffer.size, 4 * this.mostElements);
      buffers[name] = { buffer, offset: 4 * start, bytes, used: 4 * size };
    }
    this.gpu.dispatch(program, { buffers, ...dispatch });
    for (const { dataId } of widened) this.disposeData(dataId);
  }

  /** How a frozen weight lies here; `f32` for any tensor. */
  storedAs({ dataId }: TensorInfo): StoredDtype {
    return this.#data.get(dataId).as ?? 'f32';
  }

  /** A frozen weight as its file has it: float32 to tfjs. Programs that do not read it so get a copy that is widened for them. */
  adoptStored(bytes: Uint8Array, shape: readonly number[], as: StoredDtype): TensorInfo {
    const dataId = {};
    const size = util.sizeFromShape([...shape]);
    this.#data.set(dataId, {
      dtype: 'float32',
      as,
      size,
      refCount: 1,
      buffer: this.gpu.upload(asUpload(bytes)),
    });
    return { dataId, shape: [...shape], dtype: 'float32' };
  }

  #widened(tensor: TensorInfo, dtype: StoredDtype): TensorInfo {
    const size = util.sizeFromShape(tensor.shape);
    const y = this.output(tensor.shape);
    const program = widenProgram(dtype);
    this.run(program, {
      tensors: { x: tensor, y },
      params: { size },
      blocks: Math.ceil(size / program.lanes),
    });
    return y;
  }

  /** Elements of a tensor that a program may have before it at once. */
  get mostElements(): number {
    return Math.floor(this.gpu.limits.maxStorageBufferBindingSize / 4);
  }

  /** Where a tensor lies. */
  slice({ dataId }: TensorInfo): GpuSlice {
    const { buffer } = this.#data.get(dataId);
    return { buffer, offset: 0, bytes: buffer.size };
  }

  /** A new tensor whose numbers are whatever lay there: the program must write all of them. */
  output(shape: readonly number[], dtype: GpuDtype = 'float32'): TensorInfo {
    const dataId = {};
    const size = util.sizeFromShape([...shape]);
    this.#data.set(dataId, { dtype, size, refCount: 1, buffer: this.gpu.pool.take(4 * size) });
    return { dataId, shape: [...shape], dtype };
  }

  /** The same numbers in another shape or under another name of their type: a further reference. */
  alias({ dataId, dtype }: TensorInfo, shape: readonly number[]): TensorInfo {
    this.incRef(dataId);
    return { dataId, shape: [...shape], dtype };
  }

  /** The same numbers in memory of their own. */
  copyOf(tensor: TensorInfo): TensorInfo {
    const { as } = this.#data.get(tensor.dataId);
    if (as !== undefined) return this.#widened(tensor, as);
    const copy = this.output(tensor.shape, asGpuDtype(tensor.dtype));
    this.gpu.copy(this.slice(tensor), this.slice(copy), 4 * util.sizeFromShape(tensor.shape));
    return copy;
  }

  makeTensorInfo(shape: number[], dtype: DataType, values?: BackendValues): TensorInfo {
    if (values === undefined) return this.output(shape, asGpuDtype(dtype));
    return { dataId: this.write(values, shape, dtype), shape, dtype };
  }

  override write(values: BackendValues, shape: number[], dtype: DataType): DataId {
    const dataId = {};
    this.move(dataId, values, shape, dtype, 1);
    return dataId;
  }

  // biome-ignore lint/complexity/useMaxParams: tfjs's signature
  override move(
    dataId: DataId,
    values: BackendValues,
    shape: number[],
    dtype: DataType,
    refCount: number,
  ): void {
    const size = util.sizeFromShape(shape);
    const type = asGpuDtype(dtype);
    const words = asWords((values as TypedArray | null) ?? new Float32Array(size), type); // numbers: see asGpuDtype
    this.#data.set(dataId, { dtype: type, size, refCount, buffer: this.gpu.upload(words) });
  }

  override async read(dataId: DataId): Promise<BackendValues> {
    const { size, dtype, as } = this.#data.get(dataId);
    if (as !== undefined) {
      const wide = this.#widened({ dataId, shape: [size], dtype }, as);
      const values = this.read(wide.dataId);
      this.disposeData(wide.dataId);
      return values;
    }
    const bytes = await this.gpu.read(this.slice({ dataId, shape: [], dtype }), 4 * size);
    if (dtype === 'float32') return new Float32Array(bytes);
    const whole = new Int32Array(bytes);
    return dtype === 'int32' ? whole : Uint8Array.from(whole);
  }

  override readSync(): BackendValues {
    throw new TensorGpuError(
      'backend',
      'webgpu: tensors of a GPU can be read asynchronously only. Use `await tensor.data()` instead of dataSync().',
    );
  }

  override refCount(dataId: DataId): number {
    return this.#data.has(dataId) ? this.#data.get(dataId).refCount : 0;
  }

  override incRef(dataId: DataId): void {
    this.#data.get(dataId).refCount++;
  }

  decRef(dataId: DataId): void {
    if (this.#data.has(dataId)) this.#data.get(dataId).refCount--;
  }

  override disposeData(dataId: DataId, force = false): boolean {
    if (!this.#data.has(dataId)) return true;
    const stored = this.#data.get(dataId);
    stored.refCount--;
    if (!force && stored.refCount > 0) return false;
    this.gpu.pool.give(stored.buffer);
    this.#data.delete(dataId);
    return true;
  }

  override numDataIds(): number {
    return this.#data.numDataIds();
  }

  override memory(): { unreliable: boolean } & GpuMemory {
    return { unreliable: false, ...this.gpu.memory() };
  }

  override async time(f: () => void): Promise<BackendTimingInfo> {
    await this.gpu.finish();
    const start = util.now();
    f();
    await this.gpu.finish();
    return { kernelMs: util.now() - start };
  }

  override timerAvailable(): boolean {
    return true;
  }

  override floatPrecision(): 32 {
    return 32;
  }

  override epsilon(): number {
    return 1e-7;
  }

  override dispose(): void {
    this.gpu.dispose();
  }
}

function tooLargeToBind({ name }: Program, bytes: number, most: number): TensorGpuError {
  return new TensorGpuError(
    'out-of-memory',
    `webgpu: ${name} takes a tensor of ${bytes} bytes as a whole, this device binds ${4 * most} at most. Use a smaller micro-batch, or a model with a smaller vocabulary.`,
  );
}

function asGpuDtype(dtype: DataType): GpuDtype {
  if (dtype === 'float32' || dtype === 'int32' || dtype === 'bool') return dtype;
  throw new TensorGpuError(
    'dtype',
    `webgpu: tensors are float32, int32 or bool, got ${dtype}. Keep it on the CPU.`,
  );
}

/** Whole words, not in shared memory. */
function asUpload(bytes: Uint8Array): Uint8Array {
  if (bytes.byteLength % 4 === 0 && bytes.buffer instanceof ArrayBuffer) return bytes;
  const words = new Uint8Array(Math.ceil(bytes.byteLength / 4) * 4);
  words.set(bytes);
  return words;
}

/** Four bytes an element, not in shared memory, which no GPU takes. */
function asWords(values: TypedArray, dtype: GpuDtype): Float32Array | Int32Array {
  if (dtype === 'float32')
    return values instanceof Float32Array && values.buffer instanceof ArrayBuffer
      ? values
      : Float32Array.from(values);
  return values instanceof Int32Array && values.buffer instanceof ArrayBuffer
    ? values
    : Int32Array.from(values);
}
