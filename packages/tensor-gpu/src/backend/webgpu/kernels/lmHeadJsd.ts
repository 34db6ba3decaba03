import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { GpuFusedKernel, GpuFusedKernelCall } from './gpuFusedKernel.ts';
import { gradientBy, forward as headForward, sizesOf, withTiles } from './lmHead.ts';
import { gatherJsdTile, jsdTileGradient } from './lmHeadJsdPrograms.ts';

/**
 * Divergence of student and base to their mixture. The mixture needs both log-sum-exps, so the tiles are computed twice:
 * first those, then the sums.
 */
export const lmHeadJsdKernel: GpuFusedKernel = { name: 'lmHeadJsd', forward, gradient };

function forward(call: GpuFusedKernelCall): TensorInfo[] {
  const { backend } = call;
  const { tokens } = sizesOf(call);
  const [logprobs, entropy, kl, logsumexp, refLogsumexp] = headForward(call) as TensorInfo5; // with a base there are five
  backend.disposeData(kl.dataId); // not asked for
  const [jsd, pull] = [backend.output([tokens]), backend.output([tokens])];
  withTiles(call, ({ row, rows, column, columns }, logits, refLogits) => {
    backend.run(gatherJsdTile, {
      tensors: { ...{ logits, refLogits: refLogits!, jsd, pull }, logsumexp, refLogsumexp },
      params: { columns, firstColumn: column, firstRow: row, ...mixture(call) },
      blocks: rows,
    });
  });
  return [logprobs, entropy, jsd, pull, logsumexp, refLogsumexp];
}

type TensorInfo5 = [TensorInfo, TensorInfo, TensorInfo, TensorInfo, TensorInfo];

function gradient(call: GpuFusedKernelCall): TensorInfo[] {
  const { backend, inputs } = call;
  const { djsd, pull, targets } = inputs;
  const saved = { ...inputs, dkl: djsd!, kl: pull! }; // they have the KL's places
  return gradientBy(call, saved, ({ row, rows, column, columns }, logits, rest) => {
    const size = rows * columns;
    backend.run(jsdTileGradient, {
      tensors: { ...rest, targets: targets!, logits },
      params: { size, columns, firstColumn: column, firstRow: row, ...mixture(call) },
      blocks: Math.ceil(size / 256),
    });
  });
}

function mixture(call: GpuFusedKernelCall): { inverseTemperature: number; beta: number } {
  const { inverseTemperature } = sizesOf(call);
  return { inverseTemperature, beta: call.attributes.jsdBeta as number }; // LmHeadJsdAttributes
}
