import type { TensorInfo } from '@tensorflow/tfjs-core';
import { chunkRows } from '../engine/chunkRows.ts';
import type { CpuFusedKernel, CpuFusedKernelCall } from './cpuFusedKernel.ts';
import {
  addProducts,
  argsOf,
  COST,
  checkTargets,
  ENTROPY,
  FIRST,
  lmHeadCpu,
  withTiles,
  zeroWithoutTokens,
} from './lmHead.ts';
import { wantedOutputs } from './wantedOutputs.ts';

/**
 * Divergence of student and base to their mixture. The mixture needs both log-sum-exps, so the tiles are computed twice:
 * first those, then the sums.
 */
export const lmHeadJsdKernel: CpuFusedKernel = { name: 'lmHeadJsd', forward, gradient };

function forward(call: CpuFusedKernelCall): TensorInfo[] {
  const { backend, inputs, attributes } = call;
  checkTargets(call);
  const names = ['logprobs', 'entropy', 'jsd', 'pull', 'logsumexp', 'refLogsumexp'] as const;
  const outputs = names.map(() => backend.output([inputs.hidden!.shape[0]!]));
  const [logprobs, entropy, jsd, pull, logsumexp, refLogsumexp] = outputs;
  // The first pass has a KL to write; the second writes its own sums there.
  const args = argsOf(call, { entropy, kl: jsd, logsumexp, refLogsumexp });
  const { cpu } = backend;
  lmHeadCpu(cpu, { ...args, logprobs: backend.offset(logprobs!) });
  withTiles(cpu, args, ({ row, rows, column, columns }, { logits, refLogits }) => {
    const { chunks, rowsPerChunk } = chunkRows(rows, COST * columns);
    cpu.run('lmHeadJsdUpdate', chunks, {
      ...{ logits, refLogits, rows, columns, rowsPerChunk },
      logsumexp: args.logsumexp + 4 * row,
      refLogsumexp: args.refLogsumexp + 4 * row,
      jsd: args.kl + 4 * row,
      pull: backend.offset(pull!) + 4 * row,
      inverseTemperature: 1 / args.temperature,
      beta: attributes.jsdBeta as number, // LmHeadJsdAttributes
      flags: column === 0 ? FIRST : 0,
    });
  });
  return outputs;
}

function gradient(call: CpuFusedKernelCall): TensorInfo[] {
  const { backend, inputs, attributes } = call;
  const { outputs, offsetOf } = wantedOutputs(call);
  const args = argsOf(call, inputs);
  const perToken = (name: string): number => backend.offset(inputs[name]!);
  const products = { ...args, dhidden: offsetOf('hidden'), dweight: offsetOf('weight') };
  zeroWithoutTokens(backend.cpu, products);
  withTiles(backend.cpu, args, (tile, { logits, refLogits }) => {
    const { row, rows, column, columns } = tile;
    const { chunks, rowsPerChunk } = chunkRows(rows, COST * columns);
    const at = (name: string): number => perToken(name) + 4 * row;
    backend.cpu.run('lmHeadJsdGradient', chunks, {
      ...{ logits, refLogits, rows, columns, rowsPerChunk, firstColumn: column },
      ...{ targets: at('targets'), logsumexp: at('logsumexp'), refLogsumexp: at('refLogsumexp') },
      ...{ entropy: at('entropy'), pull: at('pull') },
      ...{ dlogprobs: at('dlogprobs'), dentropy: at('dentropy'), djsd: at('djsd') },
      inverseTemperature: 1 / args.temperature,
      beta: attributes.jsdBeta as number, // LmHeadJsdAttributes
      flags: args.entropy ? ENTROPY : 0,
    });
    addProducts(backend.cpu, products, { ...tile, dlogits: logits });
  });
  return outputs;
}
