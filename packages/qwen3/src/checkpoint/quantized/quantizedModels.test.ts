import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { memory } from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { valuesOf } from '../../model/frozenWeight.ts';
import type { Qwen3 } from '../../model/qwen3.ts';
import { tokenBatch } from '../../model/tokenBatch.ts';
import { loadModel } from '../loadModel.ts';
import { openTensorFile } from '../openSafetensors.ts';
import { saveModel } from '../saveModel.ts';
import { changed, fileOf, fixture, type Json, LAYER, Q, root, storedIn } from './quantizedTrial.ts';

const valuesByName = async (model: Qwen3): Promise<Record<string, readonly number[]>> =>
  Object.fromEntries(
    await Promise.all(
      Object.entries(model.weights()).map(
        async ([name, weight]) => [name, [...(await valuesOf(weight))]] as const,
      ),
    ),
  );

describe('loadModel of a quantised folder', () => {
  test.each([
    ['bnb-int8', 'f32'],
    ['bnb-nf4', 'bf16'],
    ['ct-group-zeros', 'f16'],
    ['ct-pack4', 'bf16'],
    ['fp8', 'bf16'],
  ])(
    '%s: frozen it has the same values, as %s; saved, it is an ordinary model',
    async (name, dtype) => {
      const before = memory().numTensors;
      const [heap, frozen] = [
        await loadModel(fixture(name)),
        await loadModel(fixture(name), { frozen: true }),
      ];
      expect(frozen.weights()[`${Q}.weight`]).toMatchObject({ dtype });
      const values = await valuesByName(heap);
      expect(await valuesByName(frozen)).toEqual(values);
      const batch = tokenBatch([{ ids: [1, 2, 3] }], { padId: 0 });
      const hidden = [heap.forward(batch), frozen.forward(batch)];
      const [mine, theirs] = hidden.map((tensor) => tensor.dataSync());
      expect(mine!.every((x, i) => Math.abs(x - theirs![i]!) < 1e-4)).toBe(true);
      for (const tensor of hidden) tensor.dispose();
      await saveModel(frozen, join(root, 'saved'), { dtype: 'float32' });
      const config = JSON.parse(await readFile(join(root, 'saved/config.json'), 'utf8'));
      expect(config).not.toHaveProperty('quantization_config');
      const again = await loadModel(join(root, 'saved'));
      expect(await valuesByName(again)).toEqual(values);
      for (const model of [heap, frozen, again]) model.dispose();
      expect(memory().numTensors).toBe(before);
    },
  );

  test('settings of activations and of the cache change nothing; nor do their scales in the file', async () => {
    const folder = await changed('ct-channel', {
      settings: (settings) => ({ ...settings, kv_cache_scheme: { num_bits: 8 } }),
      tensors: (tensors) => {
        const scale = { dtype: 'BF16', shape: [1], bytes: Uint8Array.of(0, 64) };
        tensors.set(`${Q}.input_scale`, scale);
        tensors.set(`${LAYER}.self_attn.k_scale`, scale);
        const zeros = { dtype: 'I8', shape: [16, 1], bytes: new Uint8Array(16) };
        tensors.set(`${Q}.weight_zero_point`, zeros); // as older versions write them
      },
    });
    const [model, plain] = [await loadModel(folder), await loadModel(fixture('ct-channel'))];
    expect(await valuesByName(model)).toEqual(await valuesByName(plain));
    for (const one of [model, plain]) one.dispose();
  });

  test('bitsandbytes before it named itself, and files without weight_format', async () => {
    const folder = await changed('bnb-int8', {
      settings: ({ quant_method, ...settings }) => settings,
      tensors: (tensors) => {
        for (const name of tensors.keys()) if (name.endsWith('weight_format')) tensors.delete(name);
      },
    });
    const [model, plain] = [await loadModel(folder), await loadModel(fixture('bnb-int8'))];
    expect(await valuesByName(model)).toEqual(await valuesByName(plain));
    for (const one of [model, plain]) one.dispose();
  });

  test('one zero point, a scale without an axis, and scales of rows without the second', async () => {
    const settings = (strategy: string) => (json: Json) => {
      const { weights } = (json.config_groups as Record<string, { weights: Json }>).group_0!;
      Object.assign(weights, { strategy, symmetric: strategy !== 'tensor' });
    };
    const single = await changed('ct-tensor', {
      settings: settings('tensor'),
      tensors: (tensors) => {
        for (const [name, tensor] of tensors) {
          if (!name.endsWith('weight_scale')) continue;
          tensor.shape = [];
          const zero = {
            dtype: 'I8',
            shape: [1],
            bytes: Uint8Array.of(name.startsWith(Q) ? 3 : 0),
          };
          tensors.set(name.replace('_scale', '_zero_point'), zero);
        }
      },
    });
    const [model, plain] = [await loadModel(single), await loadModel(fixture('ct-tensor'))];
    const [mine, theirs] = [await valuesByName(model), await valuesByName(plain)];
    const scale = theirs[`${Q}.weight`]!.reduce(
      (least, x) => Math.min(least, Math.abs(x) || 1e9),
      1e9,
    );
    for (const [i, x] of mine[`${Q}.weight`]!.entries()) {
      expect(Math.abs(theirs[`${Q}.weight`]![i]! - 3 * scale - x)).toBeLessThan(scale / 100);
    }
    expect(mine[`${LAYER}.mlp.up_proj.weight`]).toEqual(theirs[`${LAYER}.mlp.up_proj.weight`]);
    for (const one of [model, plain]) one.dispose();

    const rows = await changed('ct-channel', {
      settings: settings('channel'),
      tensors: (tensors) => {
        for (const [name, tensor] of tensors) {
          if (name.endsWith('weight_scale')) tensor.shape = [tensor.shape[0]!];
        }
      },
    });
    (await loadModel(rows)).dispose();
  });

  test('fp8 with one scale for each matrix', async () => {
    const folder = await changed('fp8', {
      settings: (settings) => ({
        ...settings,
        weight_block_size: null,
        activation_scheme: 'static',
      }),
      tensors: (tensors) => {
        for (const [name, tensor] of tensors) {
          if (!name.endsWith('_scale_inv')) continue;
          Object.assign(tensor, { shape: [], bytes: Uint8Array.of(0, 0x40) });
          tensors.set(name.replace('weight_scale_inv', 'activation_scale'), tensor);
        }
      },
    });
    const model = await loadModel(folder);
    const file = await openTensorFile(join(folder, 'model.safetensors'));
    const [byte] = await file.bytes(`${Q}.weight`);
    await file.close();
    const sign = byte! < 128 ? 1 : -1;
    const exponent = ((byte! >> 3) & 15) - 7;
    const value = sign * (1 + (byte! & 7) / 8) * 2 ** exponent;
    expect(model.weights()[`${Q}.weight`]!.dataSync()[0]).toBe(2 * value);
    model.dispose();
  });

  test.each(['bnb-int8', 'bnb-nf4-nested', 'ct-pack4-zeros', 'fp8'])(
    '%s in two files that part matrices from their scales',
    async (name) => {
      const folder = await changed(name, {});
      const whole = join(folder, 'model.safetensors');
      const tensors = [...(await storedIn(whole))];
      await rm(whole);
      const weight_map: Record<string, string> = {};
      for (const [shard, part] of [
        ['a.safetensors', tensors.filter(([key]) => /\.(weight|weight_packed)$/.test(key))],
        ['b.safetensors', tensors.filter(([key]) => !/\.(weight|weight_packed)$/.test(key))],
      ] as const) {
        expect(part.length).toBeGreaterThan(0);
        await writeFile(join(folder, shard), fileOf(new Map(part)));
        for (const [key] of part) weight_map[key] = shard;
      }
      await writeFile(`${whole}.index.json`, JSON.stringify({ weight_map }));
      const [parted, plain] = [await loadModel(folder), await loadModel(fixture(name))];
      expect(await valuesByName(parted)).toEqual(await valuesByName(plain));
      for (const one of [parted, plain]) one.dispose();
      await rm(folder, { recursive: true });
    },
  );
});
