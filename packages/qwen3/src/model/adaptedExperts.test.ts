import { openCpu, record, routeExperts } from '@molrl/tensor-gpu';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { adaptedExperts } from './adaptedExperts.ts';
import { adaptedLinear } from './adaptedLinear.ts';
import { createQwen3 } from './createQwen3.ts';
import { FAMILY_CONFIGS } from './familyConfigs.ts';
import { mixedExpertAdapter } from './mixedExpertAdapter.ts';

beforeAll(() => openCpu({ threads: 1 }));

const normal = (shape: number[], seed: number) => tf.randomNormal(shape, 0, 1, 'float32', seed);
const CONFIG = FAMILY_CONFIGS['qwen3_moe with a dense layer']!;
const EXPERTS = CONFIG.moe!.numExperts;
const NAMES = Array.from(
  { length: EXPERTS },
  (_, e) => `model.layers.2.mlp.experts.${e}.gate_proj`,
);

test('experts with adapters of several ranks, with DoRA and without any are each its own linear layer', () => {
  const model = createQwen3(CONFIG, { seed: 1 });
  const adapter = mixedExpertAdapter(model, [NAMES[0]!, NAMES[3]!]);
  model.adapter = adapter;
  const route = routeExperts(tf.softmax(normal([9, EXPERTS], 6)), 2);
  const offsets = [...route.offsets.dataSync()];
  const rows = normal([18, CONFIG.hiddenSize], 7);
  const run = (apply: () => tf.Tensor) => {
    const { value, tape } = record(apply);
    const wanted = { rows, ...adapter.parameters, weight: model.weight(`${NAMES[3]}.weight`) };
    const gradients = tape.backward([[value, normal(value.shape, 8)]], wanted);
    return { value, ...gradients };
  };
  const together = run(() => adaptedExperts(model, NAMES, { rows, route }));
  const oneByOne = run(() =>
    tf.concat(
      NAMES.map((name, e) => {
        const own = tf.slice(rows, [offsets[e]!, 0], [offsets[e + 1]! - offsets[e]!, -1]);
        return adaptedLinear(model, { name, bias: false }, own);
      }),
    ),
  );
  for (const [name, tensor] of Object.entries(together)) {
    const expected = oneByOne[name as keyof typeof oneByOne].dataSync(); // the same names
    for (const [k, v] of tensor.dataSync().entries()) expect(v, name).toBeCloseTo(expected[k]!, 4);
  }
  model.dispose();
});
