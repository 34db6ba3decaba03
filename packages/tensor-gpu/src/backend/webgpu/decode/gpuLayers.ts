import type { Tensor, TensorInfo } from '@tensorflow/tfjs-core';
import type {
  DecoderLayer,
  DecoderShape,
  DecoderWeights,
  LoraFactors,
} from '../../decoderWeights.ts';
import type { WebGpuBackend } from '../engine/webGpuBackend.ts';
import { binary } from '../kernels/binary.ts';
import { embeddingKernel } from '../kernels/embedding.ts';
import { gemm, rowMajor } from '../kernels/gemm.ts';
import { headNormRopeKernel } from '../kernels/headNormRope.ts';
import { rmsNormKernel } from '../kernels/rmsNorm.ts';
import { ropeKernel } from '../kernels/rope.ts';
import { swigluKernel } from '../kernels/swiglu.ts';
import { attend, cacheWrite } from './decodePrograms.ts';

/** The tokens of a step, on the device. */
export interface StepRows {
  count: number;
  /** int32 `[count]`, as `places`: where each one's keys and values go. */
  tokens: TensorInfo;
  /** int32 `[count, 1]`. */
  positions: TensorInfo;
  places: TensorInfo;
  /** int32 `[count, SPAN_WORDS]`. */
  spans: TensorInfo;
}

/** Keys and values of a layer, `[places, kvHeads * headDim]`. */
export interface LayerCache {
  keys: TensorInfo;
  values: TensorInfo;
}

/** What a step works with. */
export interface StepModel {
  backend: WebGpuBackend;
  shape: DecoderShape;
  weights: DecoderWeights<Tensor>;
}

/** Runs tokens through the layers, whose keys and values are kept: the last hidden states, not yet normed. */
export function runLayers(
  model: StepModel,
  rows: StepRows,
  caches: readonly LayerCache[],
): TensorInfo {
  const { backend, weights } = model;
  let hidden = first(
    embeddingKernel.forward(call(model, { weight: weights.embed, ids: rows.tokens })),
  );
  const add = (more: TensorInfo) => {
    const sum = binary('Add', [hidden, more], backend);
    free(backend, hidden, more);
    hidden = sum;
  };
  for (const [index, layer] of weights.layers.entries()) {
    const normed = norm(model, hidden, layer.inputNorm);
    const mixed = runAttention(model, { layer, rows, cache: caches[index]!, normed });
    add(project(model, mixed, { matrix: layer.o, lora: layer.lora?.o }));
    const again = norm(model, hidden, layer.postNorm);
    const gate = project(model, again, { matrix: layer.gate, lora: layer.lora?.gate });
    const up = project(model, again, { matrix: layer.up, lora: layer.lora?.up });
    const active = first(swigluKernel.forward(call(model, { gate, up })));
    add(project(model, active, { matrix: layer.down, lora: layer.lora?.down }));
    free(backend, normed, mixed, again, gate, up, active);
  }
  return hidden;
}

/** Logits `[rows, V]` of hidden states, which are used up. */
export function runHead(model: StepModel, hidden: TensorInfo): TensorInfo {
  const normed = norm(model, hidden, model.weights.norm);
  const logits = project(model, normed, { matrix: model.weights.head });
  free(model.backend, hidden, normed);
  return logits;
}

function runAttention(
  model: StepModel,
  parts: {
    layer: DecoderLayer<Tensor>;
    rows: StepRows;
    cache: LayerCache;
    normed: TensorInfo;
  },
): TensorInfo {
  const { backend, shape } = model;
  const { layer, rows, cache, normed } = parts;
  const { heads, kvHeads, headDim } = shape;
  const q = project(model, normed, { matrix: layer.q, bias: layer.qBias, lora: layer.lora?.q });
  const k = project(model, normed, { matrix: layer.k, bias: layer.kBias, lora: layer.lora?.k });
  const v = project(model, normed, { matrix: layer.v, bias: layer.vBias, lora: layer.lora?.v });
  const turned = (x: TensorInfo, weight: Tensor | undefined, count: number) => {
    const inputs = {
      x: { ...x, shape: [rows.count, 1, count, headDim] },
      cos: layer.cos ?? model.weights.cos,
      sin: layer.sin ?? model.weights.sin,
      positions: rows.positions,
    };
    const kernel = weight ? headNormRopeKernel : ropeKernel;
    return first(kernel.forward(call(model, weight ? { ...inputs, weight } : inputs)));
  };
  const queries = turned(q, layer.qNorm, heads);
  const keys = turned(k, layer.kNorm, kvHeads);
  const width = kvHeads * headDim;
  const size = rows.count * width;
  backend.run(cacheWrite, {
    tensors: { k: keys, v, places: rows.places, ...cache },
    params: { size, width },
    blocks: Math.ceil(size / 256),
  });
  const mixed = backend.output([rows.count, heads * headDim]);
  backend.run(attend(headDim), {
    tensors: { q: queries, ...cache, spans: rows.spans, y: mixed },
    params: { heads, kvHeads, scale: 1 / Math.sqrt(headDim) },
    blocks: rows.count * heads,
  });
  free(backend, q, k, v, queries, keys);
  return mixed;
}

/** `(x W^T + bias + scaling (x A^T) B^T) * lengths`; a row's sums do not depend on the rows around it. */
function project(
  { backend }: StepModel,
  x: TensorInfo,
  {
    matrix,
    bias,
    lora,
  }: { matrix: Tensor; bias?: Tensor | undefined; lora?: LoraFactors | undefined },
): TensorInfo {
  const product = (
    from: TensorInfo,
    weight: TensorInfo,
    into?: { y: TensorInfo; scale: number },
  ) => {
    const [n = 0, k = 0] = weight.shape;
    const m = from.shape[0]!;
    const y = into?.y ?? backend.output([m, n]);
    gemm(backend, {
      ...{ m, n, k, sameForAnyRows: true },
      a: rowMajor(from, k),
      b: rowMajor(weight, k, { transposed: true }),
      c: rowMajor(y, n),
      ...(into && { accumulate: true, scale: into.scale }),
    });
    return y;
  };
  let y = product(x, matrix);
  const replace = (name: string, by: TensorInfo) => {
    const next = binary(name, [y, by], backend);
    free(backend, y);
    y = next;
  };
  if (lora) {
    const low = product(x, lora.a);
    product(low, lora.b, { y, scale: lora.scaling });
    free(backend, low);
    if (lora.lengths) replace('Multiply', lora.lengths);
  }
  if (bias) replace('Add', bias);
  return y;
}

function norm(model: StepModel, x: TensorInfo, weight: Tensor): TensorInfo {
  return first(rmsNormKernel.forward(call(model, { x, weight })));
}

/** A fused op's kernel, called without tfjs. */
function call({ backend, shape }: StepModel, inputs: Record<string, TensorInfo>) {
  return { backend, inputs, attributes: { eps: shape.eps }, wanted: [] };
}

const first = ([output]: readonly TensorInfo[]): TensorInfo => output!; // every op has one

function free(backend: WebGpuBackend, ...tensors: TensorInfo[]): void {
  for (const { dataId } of tensors) backend.disposeData(dataId);
}
