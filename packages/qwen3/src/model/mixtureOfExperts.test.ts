import { expertLinear, openCpu, record } from '@molrl/tensor-gpu';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { scoreTargets } from '../train/scoreTargets.ts';
import { createQwen3 } from './createQwen3.ts';
import { FAMILY_CONFIGS } from './familyConfigs.ts';
import { mixtureOfExperts } from './mixtureOfExperts.ts';
import { packedBatch } from './packedBatch.ts';
import type { MoeConfig } from './qwen3Config.ts';
import { tokenBatch } from './tokenBatch.ts';

beforeAll(() => openCpu());

const MOE: MoeConfig = {
  ...{ numExperts: 6, numExpertsPerTok: 3, moeIntermediateSize: 8, normTopkProb: true },
  ...{ decoderSparseStep: 1, mlpOnlyLayers: [], routerAuxLossCoef: 0.01 },
};
const normal = (shape: number[], seed: number) => tf.randomNormal(shape, 0, 1, 'float32', seed);
/** Expert e multiplies by a matrix of its own. */
const matrices = Array.from({ length: 6 }, (_, e) => () => normal([4, 4], 20 + e));

function run(x: tf.Tensor, router: tf.Tensor, moe: MoeConfig, experts: tf.Tensor[]): tf.Tensor {
  const expert = (e: number, rows: tf.Tensor) => tf.matMul(rows, experts[e]!) as tf.Tensor;
  const together = (rows: tf.Tensor, { offsets }: { offsets: tf.Tensor }) =>
    expertLinear(
      rows,
      experts.map((matrix) => tf.transpose(matrix)),
      offsets,
    );
  return mixtureOfExperts(x, { router, moe, expert, together, observe: () => {} }).output;
}

/** Every token through every expert, weighted by 0 or its probability. */
function everyExpert(
  x: tf.Tensor,
  router: tf.Tensor,
  moe: MoeConfig,
  experts: tf.Tensor[],
): number[] {
  const rows = tf.reshape(x, [-1, 4]);
  const p = tf.softmax(tf.matMul(rows, router, false, true)).arraySync() as number[][]; // rank 2
  const outputs = experts.map((m) => tf.matMul(rows, m as tf.Tensor2D).arraySync() as number[][]);
  return p.flatMap((row, n) => {
    const best = [...row.keys()].sort((a, b) => row[b]! - row[a]!).slice(0, moe.numExpertsPerTok);
    const total = moe.normTopkProb ? best.reduce((sum, e) => sum + row[e]!, 0) : 1;
    return [0, 1, 2, 3].map((i) =>
      best.reduce((sum, e) => sum + (row[e]! / total) * outputs[e]![n]![i]!, 0),
    );
  });
}

describe('mixtureOfExperts', () => {
  test.each([
    MOE,
    { ...MOE, normTopkProb: false },
    { ...MOE, numExpertsPerTok: 1 },
    { ...MOE, numExpertsPerTok: 6 },
  ])('equals every token through every expert: %o', (moe) => {
    const [x, router, experts] = [
      normal([2, 5, 4], 1),
      normal([6, 4], 2),
      matrices.map((m) => m()),
    ];
    const actual = [...run(x, router, moe, experts).dataSync()];
    const expected = everyExpert(x, router, moe, experts);
    for (const [i, value] of actual.entries()) expect(value).toBeCloseTo(expected[i]!, 4);
  });

  test('gradients of tokens, router and experts are those of finite differences', () => {
    const leaves = { x: normal([1, 7, 4], 1), router: normal([6, 4], 2) };
    const experts = matrices.map((m) => m());
    const moe = { ...MOE, numExpertsPerTok: 2 };
    const cotangent = normal([1, 7, 4], 5);
    const loss = (x: tf.Tensor, router: tf.Tensor, first: tf.Tensor): number =>
      tf.tidy(() => {
        const y = run(x, router, moe, [first, ...experts.slice(1)]);
        return tf.sum(tf.mul(y, cotangent)).dataSync()[0]!;
      });
    const { value, tape } = record(() => run(leaves.x, leaves.router, moe, experts));
    const all = { ...leaves, first: experts[0]! };
    const gradients = tape.backward([[value, cotangent]], all);
    for (const name of ['x', 'router', 'first'] as const) {
      const direction = normal(all[name].shape, 11);
      const along = tf.sum(tf.mul(gradients[name], direction)).dataSync()[0]!;
      const at = (h: number): number => {
        const moved = { ...all, [name]: tf.add(all[name], tf.mul(direction, h)) };
        return loss(moved.x, moved.router, moved.first);
      };
      const h = 1e-3; // small enough that no token changes its experts
      expect(Math.abs((at(h) - at(-h)) / (2 * h) - along)).toBeLessThan(
        0.02 * Math.abs(along) + 0.02,
      );
    }
  });
});

describe('the load-balancing loss', () => {
  const config = FAMILY_CONFIGS['qwen3_moe with a dense layer']!;
  const sequences = [{ ids: [5, 1, 36, 7] }, { ids: [4, 9] }];
  const targets = { rows: Int32Array.of(0), ids: Int32Array.of(1) };

  test('is k for a router that finds all experts equal', async () => {
    const model = createQwen3(config, { seed: 1 });
    for (const [name, weight] of Object.entries(model.parameters)) {
      if (name.endsWith('mlp.gate.weight')) weight.assign(tf.zerosLike(weight));
    }
    const batch = packedBatch(sequences);
    const scored = await scoreTargets(model, batch, targets, { balanceLoss: true });
    expect(scored.balanceLoss).toBeCloseTo(config.moe!.numExpertsPerTok, 5);
    scored.dispose();
    model.dispose();
  });

  test('leaves padding out, and its gradient reaches the routers alone at the top', async () => {
    const model = createQwen3(config, { seed: 1 });
    const packed = await scoreTargets(model, packedBatch(sequences), targets, {
      balanceLoss: true,
    });
    const padded = await scoreTargets(
      model,
      tokenBatch(sequences, { padId: 0, padding: 'left', length: 9 }),
      { rows: Int32Array.of(5), ids: Int32Array.of(1) },
      { balanceLoss: true },
    );
    expect(padded.balanceLoss).toBeCloseTo(packed.balanceLoss, 2); // other positions under left padding
    const gradients = packed.backward({ balanceLoss: 0.1 });
    const size = (name: string): number => tf.max(tf.abs(gradients[name]!)).dataSync()[0]!;
    expect(size('model.layers.2.mlp.gate.weight')).toBeGreaterThan(0);
    expect(size('model.layers.2.mlp.experts.0.down_proj.weight')).toBe(0);
    expect(size('model.norm.weight')).toBe(0);
    padded.dispose();
    tf.dispose(gradients);
    model.dispose();
  });
});
