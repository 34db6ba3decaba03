import type { Tensor, TensorInfo } from '@tensorflow/tfjs-core';
import type {
  DecoderExperts,
  DecoderLayer,
  DecoderShape,
  DecoderWeights,
  LoraFactors,
} from '../../decoderWeights.ts';
import type { CacheDtype } from '../../kvCache.ts';
import type { WebGpuBackend } from '../engine/webGpuBackend.ts';
import { binary } from '../kernels/binary.ts';
import { embeddingKernel } from '../kernels/embedding.ts';
import { expertProduct } from '../kernels/expertLinear.ts';
import { gemm, rowMajor } from '../kernels/gemm.ts';
import { headNormRopeKernel } from '../kernels/headNormRope.ts';
import { rmsNormKernel } from '../kernels/rmsNorm.ts';
import { ropeKernel } from '../kernels/rope.ts';
import { routeExpertsKernel } from '../kernels/routeExperts.ts';
import { softmaxKernel } from '../kernels/softmax.ts';
import { swigluKernel } from '../kernels/swiglu.ts';
import { cellFormat } from './cellFormat.ts';
import { attend, type CacheKey, cacheWrite, joinExperts } from './decodePrograms.ts';
import type { LayerCache } from './gpuPages.ts';

/** The tokens of a step, on the device. */
export interface StepRows {
  count: number;
  /** int32 `[count]`. */
  tokens: TensorInfo;
  /** int32 `[count, 1]`. */
  positions: TensorInfo;
  /** int32 `[count]`: the row of `table` with the pages of its sequence. */
  slots: TensorInfo;
  /** int32, `[slots, tableWidth]`. */
  table: TensorInfo;
}

/** What a step works with. */
export interface StepModel {
  backend: WebGpuBackend;
  shape: DecoderShape;
  weights: DecoderWeights<Tensor>;
  cacheDtype: CacheDtype;
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
    const { experts } = layer;
    add(experts ? runExperts(model, layer, { experts, x: again }) : runMlp(model, layer, again));
    free(backend, normed, mixed, again);
  }
  return hidden;
}

function runMlp(model: StepModel, layer: DecoderLayer<Tensor>, x: TensorInfo): TensorInfo {
  const { gate, up, down, lora } = layer;
  return gated(model, (name, from) => {
    const matrix = { gate, up, down }[name];
    return project(model, name === 'down' ? from! : x, { matrix, lora: lora?.[name] });
  });
}

/** `down(silu(gate) * up)`; `from` is what goes into down. */
function gated(
  model: StepModel,
  product: (name: 'gate' | 'up' | 'down', from?: TensorInfo) => TensorInfo,
): TensorInfo {
  const [gate, up] = [product('gate'), product('up')];
  const active = first(swigluKernel.forward(call(model, { gate, up })));
  const y = product('down', active);
  free(model.backend, gate, up, active);
  return y;
}

/** Each token through its experts, the rows of each expert together; see `mixtureOfExperts` of qwen3. */
function runExperts(
  model: StepModel,
  layer: DecoderLayer<Tensor>,
  { experts, x }: { experts: DecoderExperts<Tensor>; x: TensorInfo },
): TensorInfo {
  const { backend } = model;
  const { router, perToken, isNormed } = experts;
  const [tokens = 0, width = 0] = x.shape;
  const logits = project(model, x, { matrix: router });
  const probabilities = single(softmaxKernel.run({ backend, inputs: { logits }, attrs: {} }));
  const route = routeExpertsKernel.run({
    ...{ backend, inputs: { probabilities }, attrs: { k: perToken } },
  }) as TensorInfo[]; // six of them
  const [, picks, ids, places, owners, offsets] = route as [
    ...[TensorInfo, TensorInfo, TensorInfo],
    ...[TensorInfo, TensorInfo, TensorInfo],
  ];
  const sent = first(embeddingKernel.forward(call(model, { weight: x, ids })));
  const rows = gated(model, (name, from = sent) =>
    expertProject(model, from, {
      ...{ matrix: layer[name], lora: layer.lora?.[name], offsets, owners },
    }),
  );
  const y = backend.output([tokens, width]);
  backend.run(joinExperts, {
    tensors: { probabilities, picks, places, rows, y },
    params: { size: tokens * width, width, perToken, isNormed: isNormed ? 1 : 0 },
    blocks: Math.ceil((tokens * width) / joinExperts.lanes),
  });
  free(backend, logits, probabilities, sent, rows, ...route);
  return y;
}

/** `project` of each expert on its rows: `owners` tells the expert of a row, `offsets` the first row of each. */
function expertProject(
  model: StepModel,
  x: TensorInfo,
  {
    matrix,
    lora,
    offsets,
    owners,
  }: { matrix: Tensor; lora?: LoraFactors | undefined; offsets: TensorInfo; owners: TensorInfo },
): TensorInfo {
  const { backend } = model;
  const y = expertProduct(backend, { x, weight: matrix, offsets });
  if (!lora) return y;
  const low = expertProduct(backend, { x, weight: lora.a, offsets });
  expertProduct(backend, { x: low, weight: lora.b, offsets }, { y, scale: lora.scaling });
  free(backend, low);
  if (!lora.lengths) return y;
  const table = { ...lora.lengths, shape: [offsets.shape[0]! - 1, y.shape[1]!] };
  const lengths = first(embeddingKernel.forward(call(model, { weight: table, ids: owners })));
  const scaled = binary('Multiply', [y, lengths], backend);
  free(backend, y, lengths);
  return scaled;
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
  const { slots, positions, table } = rows;
  const paged = { slots, positions, table, ...cache };
  const { cacheDtype } = model;
  const key: CacheKey = `${cacheDtype} ${headDim}`;
  const tableWidth = table.shape[1]!;
  const write = cacheWrite(key);
  const cells = rows.count * kvHeads;
  const size = cells * cellFormat(cacheDtype, headDim).words;
  backend.run(write, {
    tensors: { k: keys, v, ...paged },
    params: { size, kvHeads, tableWidth },
    blocks: cacheDtype === 'int8' ? cells : Math.ceil(size / write.lanes),
  });
  const mixed = backend.output([rows.count, heads * headDim]);
  backend.run(attend(key), {
    tensors: { q: queries, ...paged, y: mixed },
    params: {
      ...{ heads, kvHeads, scale: 1 / Math.sqrt(headDim), tableWidth },
      window: layer.window ?? 0,
    },
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

const single = (output: TensorInfo | TensorInfo[]): TensorInfo => output as TensorInfo; // of an op with one

const first = ([output]: readonly TensorInfo[]): TensorInfo => output!; // every op has one

function free(backend: WebGpuBackend, ...tensors: TensorInfo[]): void {
  for (const { dataId } of tensors) backend.disposeData(dataId);
}
