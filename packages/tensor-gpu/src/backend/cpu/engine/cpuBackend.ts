import {
  type BackendTimingInfo,
  type BackendValues,
  backend_util,
  buffer,
  DataStorage,
  type DataType,
  engine,
  KernelBackend,
  kernel_impls,
  type Tensor,
  type TensorBuffer,
  type TensorInfo,
  type TypedArray,
  util,
} from '@tensorflow/tfjs-core';
import { TensorGpuError } from '../../../base/errors.ts';
import type { MappedTensor } from '../../../weights/mappedTensor.ts';
import type { CpuRuntime } from './cpuRuntime.ts';
import { FrozenWeight } from './frozenWeight.ts';
import { heapMatrix, type Matrix } from './matrix.ts';

/** Name under which the back end is registered with tfjs. */
export const CPU_BACKEND = 'molrl';

type DataId = TensorInfo['dataId'];

/** What tfjs's own cpu kernels look up under a data id. */
interface Stored {
  readonly dtype: DataType;
  refCount: number;
  /** A view of the heap for numbers; strings and complex numbers stay in JavaScript. */
  values?: BackendValues | undefined;
  complexTensorInfos?: { real: TensorInfo; imag: TensorInfo } | undefined;
  /** Byte offset of the heap block, if there is one. */
  readonly offset?: number | undefined;
  /** Where a frozen weight lies. */
  readonly matrix?: Matrix | undefined;
  /** Offset of a copy of a frozen weight for ops that read the heap only. */
  widened?(): number;
  /** Gives back what a frozen weight holds. */
  release?(): void;
}

/** Numbers in the heap; the view is made when somebody asks for it. */
class HeapTensor implements Stored {
  refCount = 1;
  /** Integers that JavaScript wrote: no command changes them, so nothing is waited for to read them. */
  isGiven = false;
  readonly dtype: DataType;
  readonly offset: number;
  private readonly length: number;
  private readonly cpu: CpuRuntime;
  private view: TypedArray | undefined;

  constructor(cpu: CpuRuntime, dtype: DataType, length: number) {
    this.cpu = cpu;
    this.dtype = dtype;
    this.length = length;
    this.offset = cpu.heap.alloc(length * util.bytesPerElement(dtype), 'tensors');
  }

  get values(): TypedArray {
    if (!this.isGiven) this.cpu.heap.settle();
    this.view ??= this.makeView();
    return this.view;
  }

  private makeView(): TypedArray {
    const { heap } = this.cpu;
    if (this.dtype === 'float32') return heap.f32(this.offset, this.length);
    if (this.dtype === 'int32') return heap.i32(this.offset, this.length);
    return heap.u8(this.offset, this.length);
  }
}

/**
 * tfjs back end whose tensors lie in the heap of a {@link CpuRuntime}. It offers what tfjs's own cpu kernels ask of their
 * back end (they work on views of the heap), so every tfjs op runs; our kernels take the byte offsets.
 *
 * What `read` and `readSync` return is a copy: it stays as it is when the tensor is disposed or overwritten.
 */
export class CpuBackend extends KernelBackend {
  readonly cpu: CpuRuntime;
  /** tfjs's cpu kernels read `data.get(id).values`. */
  readonly data: DataStorage<Stored>;
  /** Block of tfjs's own matrix product, which int32 products still use. */
  readonly blockSize = 48;
  private readonly onDispose: () => void;

  constructor(cpu: CpuRuntime, onDispose: () => void = () => undefined) {
    super();
    this.cpu = cpu;
    this.onDispose = onDispose;
    this.data = new DataStorage(this, engine());
    cpu.heap.detail = (owner) => (owner === 'tensors' ? this.ofVariables() : '');
  }

  /** Byte offset of a tensor's numbers in the heap. */
  offset(tensor: TensorInfo): number {
    const stored = this.data.get(tensor.dataId);
    if (stored.dtype !== tensor.dtype && stored.offset !== undefined) return this.convert(tensor);
    if (stored.widened) return stored.widened();
    if (stored.offset === undefined)
      throw new TensorGpuError(
        'dtype',
        `CpuBackend.offset: a ${tensor.dtype} tensor is not in the heap.`,
      );
    return stored.offset;
  }

  /** Where a matrix lies that a kernel may read as it is: a tensor of the heap or a frozen weight. */
  matrix(tensor: TensorInfo): Matrix {
    const { matrix } = this.data.get(tensor.dataId);
    return matrix ?? heapMatrix(this.cpu, this.offset(tensor));
  }

  /** The numbers of an int32 tensor, as a view. */
  integers(tensor: TensorInfo): Int32Array {
    const { dtype, values } = this.data.get(tensor.dataId);
    if (dtype === 'int32') return values as Int32Array;
    return this.cpu.heap.i32(this.offset(tensor), util.sizeFromShape(tensor.shape));
  }

  /** A frozen weight as a tensor of its own, float32 to tfjs. */
  adopt(weight: MappedTensor): TensorInfo {
    const dataId = {};
    this.data.set(dataId, new FrozenWeight(this.cpu, weight));
    return { dataId, shape: [...weight.shape], dtype: 'float32' };
  }

  /** A new tensor whose numbers are whatever lay there: the kernel must write all of them. */
  output(shape: readonly number[], dtype: 'float32' | 'int32' | 'bool' = 'float32'): TensorInfo {
    const dataId = {};
    this.data.set(dataId, new HeapTensor(this.cpu, dtype, util.sizeFromShape([...shape])));
    return { dataId, shape: [...shape], dtype };
  }

  override write(values: BackendValues, shape: number[], dtype: DataType): DataId {
    const dataId = {};
    this.store(dataId, values, { shape, dtype });
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
    this.store(dataId, values, { shape, dtype, refCount });
  }

  makeTensorInfo(shape: number[], dtype: DataType, values?: BackendValues | string[]): TensorInfo {
    const encoded =
      dtype === 'string' && values !== undefined && util.isString(values[0] ?? 0)
        ? Array.from(values as string[], (text) => util.encodeString(text)) // strings: checked above
        : values;
    return { dataId: this.write(encoded as BackendValues, shape, dtype), shape, dtype };
  }

  makeOutput<T extends Tensor>(values: BackendValues, shape: number[], dtype: DataType): T {
    const info = this.makeTensorInfo(shape, dtype, values);
    return engine().makeTensorFromTensorInfo(info, this) as T; // tfjs's signature: the caller names the rank
  }

  override readSync(dataId: DataId): BackendValues {
    const { dtype, values, complexTensorInfos } = this.data.get(dataId);
    if (dtype === 'complex64' && complexTensorInfos) {
      const { real, imag } = complexTensorInfos;
      return backend_util.mergeRealAndImagArrays(
        this.readSync(real.dataId) as Float32Array, // the parts of a complex64 tensor are float32
        this.readSync(imag.dataId) as Float32Array,
      );
    }
    if (dtype === 'string' || values === undefined) return values as BackendValues;
    // slice() of a view on shared memory gives an array of its own, on memory that is not shared
    return (values as TypedArray).slice();
  }

  override read(dataId: DataId): Promise<BackendValues> {
    return Promise.resolve(this.readSync(dataId));
  }

  bufferSync(tensor: TensorInfo): TensorBuffer<never, never> {
    const data = this.readSync(tensor.dataId);
    const values =
      tensor.dtype === 'string'
        ? (data as Uint8Array[]).map((bytes) => util.decodeString(bytes)) // what strings are stored as
        : (data as TypedArray);
    return buffer(tensor.shape as never, tensor.dtype as never, values as never); // rank and dtype are the caller's
  }

  where(condition: Tensor): Tensor {
    return kernel_impls.whereImpl(condition.shape, this.readSync(condition.dataId) as TypedArray);
  }

  override refCount(dataId: DataId): number {
    return this.data.has(dataId) ? this.data.get(dataId).refCount : 0;
  }

  override incRef(dataId: DataId): void {
    this.data.get(dataId).refCount++;
  }

  decRef(dataId: DataId): void {
    if (this.data.has(dataId)) this.data.get(dataId).refCount--;
  }

  override disposeData(dataId: DataId, force = false): boolean {
    if (!this.data.has(dataId)) return true;
    const stored = this.data.get(dataId);
    stored.refCount--;
    if (!force && stored.refCount > 0) return false;
    if (stored.complexTensorInfos) {
      this.disposeData(stored.complexTensorInfos.real.dataId, true);
      this.disposeData(stored.complexTensorInfos.imag.dataId, true);
    }
    if (stored.offset !== undefined) this.cpu.heap.free(stored.offset);
    stored.release?.();
    this.data.delete(dataId);
    return true;
  }

  disposeIntermediateTensorInfo(tensor: TensorInfo): void {
    this.disposeData(tensor.dataId);
  }

  override numDataIds(): number {
    return this.data.numDataIds();
  }

  override memory(): { unreliable: boolean } & ReturnType<CpuRuntime['heap']['usage']> {
    return { unreliable: false, ...this.cpu.heap.usage() };
  }

  override time(f: () => void): Promise<BackendTimingInfo> {
    const start = util.now();
    f();
    return Promise.resolve({ kernelMs: util.now() - start });
  }

  override timerAvailable(): boolean {
    return true;
  }

  override floatPrecision(): 32 {
    return 32;
  }

  override dispose(): void {
    this.onDispose();
    this.cpu.dispose();
  }

  /** How much of the tensors is trained weights, for a message. */
  private ofVariables(): string {
    const variables = Object.values(engine().state.registeredVariables).filter((variable) =>
      this.data.has(variable.dataId),
    );
    const bytes = variables.reduce(
      (sum, { size, dtype }) => sum + size * util.bytesPerElement(dtype),
      0,
    );
    return bytes > 0 ? `, of which ${bytes} in ${variables.length} variables` : '';
  }

  /** tfjs's cpu kernels may give int32 or bool numbers out as another type without touching them: made good here. */
  private convert({ dataId, shape, dtype }: TensorInfo): number {
    const { values, refCount, offset } = this.data.get(dataId);
    this.store(dataId, values as BackendValues, { shape, dtype, refCount }); // in the heap, so it has values
    if (offset !== undefined) this.cpu.heap.free(offset);
    return this.offset({ dataId, shape, dtype });
  }

  private store(
    dataId: DataId,
    values: BackendValues,
    { shape, dtype, refCount = 1 }: { shape: number[]; dtype: DataType; refCount?: number },
  ): void {
    if (dtype === 'string' || dtype === 'complex64') {
      this.data.set(dataId, { values, dtype, refCount });
      return;
    }
    const tensor = new HeapTensor(this.cpu, dtype, util.sizeFromShape(shape));
    tensor.refCount = refCount;
    if (values)
      tensor.values.set(values as TypedArray); // not a string: numbers
    else tensor.values.fill(0);
    tensor.isGiven = dtype === 'int32';
    this.data.set(dataId, tensor);
  }
}
