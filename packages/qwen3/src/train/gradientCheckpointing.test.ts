import { openCpu } from '@molrl/tensor-gpu';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { addLora } from '../lora/addLora.ts';
import { createQwen3 } from '../model/createQwen3.ts';
import { packedBatch } from '../model/packedBatch.ts';
import { TINY_CONFIG } from '../model/tinyConfig.ts';
import { scoreTargets } from './scoreTargets.ts';
import { selectTargets } from './selectTargets.ts';

const device = await openCpu({ threads: 1 });
const config = { ...TINY_CONFIG, numHiddenLayers: 8 };
const ids = Array.from({ length: 96 }, (_, i) => 3 + ((i * 7) % 30));
const sequences = [{ ids, roles: ids.map(() => 'assistant') }];
const batch = packedBatch(sequences);
const targets = selectTargets(batch, sequences);

test.each(['all weights', 'an adapter'] as const)(
  'gradientCheckpointing: %s, the same bits in less memory',
  async (what) => {
    const model = createQwen3(config, { seed: 4 });
    if (what === 'an adapter') addLora(model, { r: 2, alpha: 4 });
    const step = async (gradientCheckpointing: boolean) => {
      const before = device.memory().inUse;
      const scored = await scoreTargets(model, batch, targets, { gradientCheckpointing });
      const held = device.memory().inUse - before;
      const gradients = scored.backward({ logprobs: scored.logprobs.map((x) => x / 10) });
      const values = Object.entries(gradients).map(([name, g]) => [name, g.dataSync().slice()]);
      tf.dispose(gradients);
      return { held, logprobs: scored.logprobs, values };
    };
    const plain = await step(false);
    const tensors = tf.memory().numTensors;
    const checked = await step(true);
    expect(checked.logprobs).toEqual(plain.logprobs);
    expect(checked.values).toEqual(plain.values);
    expect(checked.held).toBeLessThan(plain.held * 0.4);
    expect(tf.memory().numTensors).toBe(tensors);
    model.dispose();
  },
);
