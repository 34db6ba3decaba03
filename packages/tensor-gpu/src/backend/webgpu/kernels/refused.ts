import { TensorGpuError } from '../../../base/errors.ts';
import type { TfjsGpuKernel } from './tfjsGpuKernel.ts';

/** What tfjs has on a CPU and this device has not: no model here needs it. */
const NAMES: readonly string[] = [
  ...['AvgPool', 'AvgPool3D', 'AvgPool3DGrad', 'AvgPoolGrad', 'MaxPool', 'MaxPool3D'],
  ...['MaxPool3DGrad', 'MaxPoolGrad', 'MaxPoolWithArgmax', 'LRN', 'LRNGrad', 'FusedBatchNorm'],
  ...['Conv2D', 'Conv2DBackpropFilter', 'Conv2DBackpropInput', 'FusedConv2D', 'Conv3D'],
  ...['Conv3DBackpropFilterV2', 'Conv3DBackpropInputV2', 'DepthwiseConv2dNative'],
  ...['DepthwiseConv2dNativeBackpropFilter', 'DepthwiseConv2dNativeBackpropInput'],
  ...['FusedDepthwiseConv2D', 'Dilation2D', 'Dilation2DBackpropFilter', 'Dilation2DBackpropInput'],
  ...['ResizeBilinear', 'ResizeBilinearGrad', 'ResizeNearestNeighbor', 'CropAndResize'],
  ...['ResizeNearestNeighborGrad', 'FlipLeftRight', 'RotateWithOffset', 'Transform', 'Draw'],
  ...['NonMaxSuppressionV3', 'NonMaxSuppressionV4', 'NonMaxSuppressionV5', 'Multinomial'],
  ...['BatchToSpaceND', 'SpaceToBatchND', 'DepthToSpace', 'Complex', 'ComplexAbs', 'Real', 'Imag'],
  ...['FFT', 'IFFT', 'Bincount', 'DenseBincount', 'BroadcastArgs', 'Diag', 'Einsum', 'LinSpace'],
  ...['GatherNd', 'ScatterNd', 'TensorScatterUpdate', 'SparseToDense', 'SparseFillEmptyRows'],
  ...['SparseReshape', 'SparseSegmentMean', 'SparseSegmentSum', 'RaggedGather', 'RaggedRange'],
  ...['RaggedTensorToTensor', 'MirrorPad', 'StridedSlice', 'SearchSorted', 'TopK', 'Unique'],
  ...['StaticRegexReplace', 'StringNGrams', 'StringSplit', 'StringToHashBucketFast'],
];

/** Each says what to do instead of tfjs's `not registered`. */
export const refusedKernels: TfjsGpuKernel[] = NAMES.map((name) => ({
  name,
  run: () => {
    throw new TensorGpuError(
      'backend',
      `webgpu: tfjs's ${name} has no kernel on this device. Read its inputs (await x.data()) and compute it on the CPU, or write it with other ops.`,
    );
  },
}));
