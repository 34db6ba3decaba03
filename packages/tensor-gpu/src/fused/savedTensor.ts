import { type DataType, engine, type KernelBackend, type TensorInfo } from '@tensorflow/tfjs-core';

/** A counted reference to the numbers of a tensor: they stay when it is disposed, until this is. */
export class SavedTensor implements TensorInfo {
  readonly dataId: TensorInfo['dataId'];
  readonly shape: number[];
  readonly dtype: DataType;
  private backend: KernelBackend | undefined;

  constructor({ dataId, shape, dtype }: TensorInfo) {
    this.dataId = dataId;
    this.shape = shape;
    this.dtype = dtype;
    this.backend = engine().backend;
    this.backend.incRef(dataId);
  }

  dispose(): void {
    const { backend, dataId } = this;
    this.backend = undefined;
    if (backend?.disposeData(dataId)) engine().removeDataId(dataId, backend);
  }
}
