import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openCpu } from '@molrl/tensor-gpu';
import { memory } from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { valuesOf } from '../../model/frozenWeight.ts';
import type { Qwen3 } from '../../model/qwen3.ts';
import { tokenBatch } from '../../model/tokenBatch.ts';
import { loadModel } from '../loadModel.ts';
import { openTensorFile } from '../openSafetensors.ts';
import { saveModel } from '../saveModel.ts';

const fixture = (name: string): string =>
  fileURLToPath(new URL(`../../../fixtures/quantized/${name}`, import.meta.url));

let root: string;
beforeAll(async () => {
  await openCpu();
  root = await mkdtemp(join(tmpdir(), 'quantized-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const LAYER = 'model.layers.0';
const Q = `${LAYER}.self_attn.q_proj`;

interface Stored {
  dtype: string;
  shape: number[];
  bytes: Uint8Array;
}
type Json = Record<string, unknown>;

/** A copy of a fixture with other tensors or another quantization_config. */
async function changed(
  name: string,
  change: {
    tensors?: (tensors: Map<string, Stored>) => void;
    settings?: (settings: Json) => unknown;
  },
): Promise<string> {
  const folder = join(root, name);
  await cp(fixture(name), folder, { recursive: true });
  const [config, weights] = [join(folder, 'config.json'), join(folder, 'model.safetensors')];
  if (change.settings) {
    const json = JSON.parse(await readFile(config, 'utf8'));
    const settings = change.settings(json.quantization_config); // undefined: they were changed in place
    const quantization_config = settings === undefined ? json.quantization_config : settings;
    await writeFile(config, JSON.stringify({ ...json, quantization_config }));
  }
  if (change.tensors) {
    const file = await openTensorFile(weights);
    const tensors = new Map<string, Stored>();
    for (const [key, { dtype, shape }] of file.entries) {
      tensors.set(key, { dtype, shape, bytes: await file.bytes(key) });
    }
    await file.close();
    change.tensors(tensors);
    await writeFile(weights, fileOf(tensors));
  }
  return folder;
}

function fileOf(tensors: Map<string, Stored>): Buffer {
  let end = 0;
  const entries = [...tensors].map(([name, { dtype, shape, bytes }]) => {
    const begin = end;
    end += bytes.length;
    return [name, { dtype, shape, data_offsets: [begin, end] }];
  });
  const header = Buffer.from(JSON.stringify(Object.fromEntries(entries)));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([length, header, ...[...tensors.values()].map(({ bytes }) => bytes)]);
}

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
});

type Change = Parameters<typeof changed>[1];

const refusal = async (
  name: string,
  change: Change,
): Promise<{ code: string; message: string }> => {
  const before = memory().numTensors;
  const folder = await changed(name, change);
  const [error, frozen] = [
    await loadModel(folder).then(
      () => undefined,
      (reason) => reason,
    ),
    await loadModel(folder, { frozen: true }).then(
      () => undefined,
      (reason) => reason,
    ),
  ];
  expect(frozen).toEqual(error); // scales are looked at in any case
  expect(memory().numTensors).toBe(before);
  await rm(folder, { recursive: true });
  return error;
};

/** Of a `quantization_config` of compressed-tensors: its settings, and those of its weights, replaced. */
const scheme =
  (top: Json, weights: Json = {}) =>
  (settings: Json): Json => {
    const [[name, group]] = Object.entries(settings.config_groups as object) as [[string, Json]];
    const changedGroup = {
      ...group,
      weights: { ...(group.weights as Json), ...weights },
      format: null,
    };
    return { ...settings, config_groups: { [name]: changedGroup }, ...top };
  };

describe('quantization_config', () => {
  test.each<[string, unknown, string]>([
    [
      'unsupported',
      { quant_method: 'gptq', bits: 4 },
      'quant_method "gptq", which is not read. Read are bitsandbytes',
    ],
    ['unsupported', { quant_method: 'awq' }, 'quant_method "awq"'],
    ['unsupported', { quant_method: 'mxfp4' }, 'or convert it to GGUF'],
    ['unsupported', { quant_method: '__proto__' }, 'quant_method "__proto__"'],
    ['unsupported', { quant_method: 7 }, 'quant_method 7'],
    ['config', { bits: 4 }, 'has no quant_method: {"bits":4}'],
    ['config', 'fp8', 'must be an object, got "fp8"'],
    ['config', [], 'must be an object, got []'],
    ['config', { quant_method: 'bitsandbytes' }, 'neither load_in_8bit nor load_in_4bit'],
    ['config', { quant_method: 'bitsandbytes', load_in_4bit: 'yes' }, 'neither load_in_8bit'],
    ['unsupported', { quant_method: 'fp8', weight_block_size: [128] }, 'weight_block_size [128]'],
    ['unsupported', { quant_method: 'fp8', weight_block_size: [0, 8] }, 'weight_block_size [0,8]'],
    ['unsupported', { quant_method: 'fp8', weight_block_size: '8x8' }, 'weight_block_size "8x8"'],
    ['unsupported', { quant_method: 'fp8', fmt: 'e5m2' }, 'fmt "e5m2"'],
    ['unsupported', { quant_method: 'fp8', scale_fmt: 'ue8m0' }, 'scale_fmt "ue8m0"'],
    ['unsupported', { quant_method: 'fp8', expert_dtype: 'fp4' }, 'expert_dtype "fp4"'],
    ['unsupported', { quant_method: 'compressed-tensors' }, 'no weights in config_groups'],
    [
      'checkpoint',
      { quant_method: 'bitsandbytes', load_in_4bit: true },
      'holds no weight quantised as',
    ],
    ['checkpoint', { quant_method: 'fp8' }, 'holds no weight quantised as'],
  ])('throws `%s`: %j', async (code, settings, message) => {
    expect(await refusal('bnb-int8', { settings: () => settings })).toMatchObject({
      code,
      message: expect.stringContaining(message),
    });
  });

  test.each<[Json, Json, string]>([
    [{ format: 'nvfp4-pack-quantized' }, {}, 'format "nvfp4-pack-quantized"'],
    [{ format: 'marlin-24' }, {}, 'format "marlin-24"'],
    [{ format: 'dense' }, {}, 'format "dense"'],
    [{ format: 'toString' }, {}, 'format "toString"'],
    [{ config_groups: { W8A8: ['Linear'] } }, {}, 'config_groups {"W8A8":["Linear"]}'],
    [{ config_groups: { group_0: { weights: null } } }, {}, 'no weights in config_groups'],
    [{ config_groups: { group_0: { weights: 8 } } }, {}, 'weights 8'],
    [{ sparsity_config: { format: 'sparse-24-bitmask' } }, {}, 'sparsity_config of the format'],
    [{ transform_config: { config_groups: { R1: {} } } }, {}, 'transform_config (["R1"])'],
    [{}, { num_bits: 4 }, '4 bits as int-quantized'],
    [{}, { type: 'float' }, 'format "int-quantized" of type "float"'],
    [{ format: 'pack-quantized' }, { num_bits: 3 }, '3 bits as pack-quantized'],
    [{ format: 'float-quantized' }, { type: 'float', symmetric: false }, 'zero points of floats'],
    [{}, { symmetric: 'no' }, 'symmetric "no"'],
    [{}, { actorder: 'group' }, 'actorder "group"'],
    [{}, { strategy: 'token' }, 'strategy "token"'],
    [{}, { strategy: 'group' }, 'strategy "group", group_size null'],
    [{}, { strategy: 'group', group_size: 0 }, 'group_size 0'],
    [{}, { strategy: 'block', block_structure: '4x' }, 'block_structure "4x"'],
    [{}, { strategy: 'block', block_structure: [4, 4, 4] }, 'block_structure [4,4,4]'],
  ])(
    'of compressed-tensors with %j and weights %j throws `unsupported`',
    async (top, weights, message) => {
      expect(await refusal('ct-channel', { settings: scheme(top, weights) })).toMatchObject({
        code: 'unsupported',
        message: expect.stringContaining(message),
      });
    },
  );

  test('of compressed-tensors with two kinds of weights throws `unsupported`; two alike are read', async () => {
    const two = (more: Json) => (settings: Json) => {
      const { group_0: group } = settings.config_groups as { group_0: { weights: Json } };
      const other = { ...group, targets: ['re:.*mlp.*'], weights: { ...group.weights, ...more } };
      return { ...settings, config_groups: { group_0: group, group_1: other } };
    };
    expect(
      (await refusal('ct-channel', { settings: two({ strategy: 'tensor' }) })).message,
    ).toContain('several groups of weights that differ');
    (
      await loadModel(await changed('ct-channel', { settings: two({ observer: 'mse' }) }))
    ).dispose();
  });

  test.each([
    ['bnb-int8', '.SCB, a part of quantised weights that config.json does not explain'],
    ['bnb-nf4', '.weight.absmax, a part of quantised weights'],
    ['ct-pack4', '.weight_packed, a part of quantised weights'],
    ['fp8', '.weight_scale_inv, a part of quantised weights'],
  ])('that is missing beside the weights of %s is asked for', async (name, message) => {
    expect(await refusal(name, { settings: () => null })).toMatchObject({
      code: 'checkpoint',
      message: expect.stringContaining(message),
    });
  });

  test.each(['I8', 'U8'])(
    'nor a companion beside %s: a matrix of bytes says nothing',
    async (dtype) => {
      const change: Change = {
        settings: () => null,
        tensors: (all) => {
          for (const name of all.keys()) if (/SCB$|weight_format$/.test(name)) all.delete(name);
          for (const stored of all.values()) if (stored.dtype === 'I8') stored.dtype = dtype;
        },
      };
      expect(await refusal('bnb-int8', change)).toMatchObject({
        code: 'checkpoint',
        message: expect.stringMatching(
          `holds integers \\(${dtype}\\), floats were expected. Quantised weights need a config.json that says how they are scaled`,
        ),
      });
    },
  );
});

/** Changes one tensor. */
const tensor = (name: string, change: Partial<Stored> | ((tensor: Stored) => void)): Change => ({
  tensors: (tensors) => {
    const found = tensors.get(name)!;
    if (typeof change === 'function') change(found);
    else Object.assign(found, change);
  },
});
const without = (name: string): Change => ({ tensors: (tensors) => void tensors.delete(name) });
const f32 = (...values: number[]): Uint8Array => new Uint8Array(new Float32Array(values).buffer);
const i64 = (...values: bigint[]): Uint8Array => new Uint8Array(new BigInt64Array(values).buffer);
const text = (value: unknown): Partial<Stored> => {
  const bytes = Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
  return { bytes, shape: [bytes.length] };
};
/** The JSON beside a matrix of 4 bits with some keys replaced. */
const state = (name: string, more: Json): Change =>
  tensor(name, (found) => {
    Object.assign(found, text({ ...JSON.parse(Buffer.from(found.bytes).toString()), ...more }));
  });

const STATE = `${Q}.weight.quant_state.bitsandbytes__nf4`;
const W = `${Q}.weight`;

describe('damaged parts throw `checkpoint` and name the tensor', () => {
  test.each<[string, string, Change]>([
    ['bnb-int8', `lacks ${Q}.SCB (F32 [16])`, without(`${Q}.SCB`)],
    [
      'bnb-int8',
      `has ${Q}.SCB as F32 [8], not F32 [16]`,
      tensor(`${Q}.SCB`, { shape: [8], bytes: new Uint8Array(32) }),
    ],
    [
      'bnb-int8',
      `has ${Q}.SCB as F16 [16]`,
      tensor(`${Q}.SCB`, { dtype: 'F16', bytes: new Uint8Array(32) }),
    ],
    [
      'bnb-int8',
      `has ${Q}.SCB with NaN at index 2`,
      tensor(`${Q}.SCB`, { bytes: f32(1, 1, Number.NaN, ...new Array(13).fill(1)) }),
    ],
    [
      'bnb-int8',
      `has ${Q}.SCB with Infinity at index 0`,
      tensor(`${Q}.SCB`, { bytes: f32(...new Array(16).fill(1 / 0)) }),
    ],
    [
      'bnb-int8',
      `has ${Q}.weight_format as U8 [2]`,
      tensor(`${Q}.weight_format`, { shape: [2], bytes: new Uint8Array(2) }),
    ],
    [
      'bnb-int8',
      `has ${Q}.weight_format 9, which is no weight format`,
      tensor(`${Q}.weight_format`, { bytes: Uint8Array.of(9) }),
    ],
    ['bnb-int8', `${W} quantised with the shape [256], not a matrix`, tensor(W, { shape: [256] })],
    [
      'bnb-int8',
      `${W} has shape [8,32], config.json asks for [16,16]`,
      {
        tensors: (all) => {
          all.get(W)!.shape = [8, 32];
          Object.assign(all.get(`${Q}.SCB`)!, { shape: [8], bytes: new Uint8Array(32) });
        },
      },
    ],
    [
      'bnb-int8',
      `holds ${W} as U8 without the tensors that say how it is scaled`,
      tensor(W, { dtype: 'U8' }),
    ],
    [
      'bnb-int8',
      `holds ${Q}.SCB, a part of quantised weights that`,
      {
        tensors: (all) => {
          all.delete(`${Q}.weight_format`);
          Object.assign(all.get(W)!, { dtype: 'BF16', bytes: new Uint8Array(512) });
        },
      },
    ],
    ['bnb-nf4', `has the state of ${W} but lacks it`, without(W)],
    ['bnb-nf4', `holds ${W} as U8 without the tensors`, without(STATE)],
    ['bnb-nf4', `lacks ${W}.absmax (F32 [4])`, without(`${W}.absmax`)],
    ['bnb-nf4', `lacks ${W}.quant_map (F32 [16])`, without(`${W}.quant_map`)],
    [
      'bnb-nf4',
      `has ${W}.absmax as F32 [2], not F32 [4]`,
      tensor(`${W}.absmax`, { shape: [2], bytes: f32(1, 1) }),
    ],
    [
      'bnb-nf4',
      `has ${W}.absmax with NaN at index 1`,
      tensor(`${W}.absmax`, { bytes: f32(1, Number.NaN, 1, 1) }),
    ],
    [
      'bnb-nf4',
      `has ${W}.quant_map with NaN at index 0`,
      tensor(`${W}.quant_map`, { bytes: f32(...new Array(16).fill(Number.NaN)) }),
    ],
    [
      'bnb-nf4',
      `has ${W}.quant_map with other values than those of nf4`,
      tensor(`${W}.quant_map`, { bytes: f32(...new Array(16).fill(0.5)) }),
    ],
    [
      'bnb-nf4',
      `holds ${W} as nf4 and as fp4`,
      {
        tensors: (all) =>
          all.set(STATE.replace('nf4', 'fp4'), {
            ...all.get(STATE)!,
            ...text({
              ...JSON.parse(Buffer.from(all.get(STATE)!.bytes).toString()),
              quant_type: 'fp4',
            }),
          }),
      },
    ],
    ['bnb-nf4-nested', `lacks ${W}.nested_absmax (F32 [1])`, without(`${W}.nested_absmax`)],
    ['bnb-nf4-nested', `lacks ${W}.nested_quant_map (F32 [256])`, without(`${W}.nested_quant_map`)],
    [
      'bnb-nf4-nested',
      `has ${W}.nested_absmax with -Infinity at index 0`,
      tensor(`${W}.nested_absmax`, { bytes: f32(-1 / 0) }),
    ],
    [
      'bnb-nf4-nested',
      `has ${W}.absmax as F32 [4], not U8 [4]`,
      tensor(`${W}.absmax`, { dtype: 'F32', bytes: f32(1, 1, 1, 1) }),
    ],
    ['ct-channel', `lacks ${W}_scale (BF16 or F16 or F32 [16,1] or [16])`, without(`${W}_scale`)],
    ['ct-channel', `has ${W}_scale as BF16 [1,16]`, tensor(`${W}_scale`, { shape: [1, 16] })],
    [
      'ct-channel',
      `has ${W}_scale as I8 [16,1]`,
      tensor(`${W}_scale`, { dtype: 'I8', bytes: new Uint8Array(16) }),
    ],
    [
      'ct-channel',
      `has ${W}_scale with NaN at index 0`,
      tensor(`${W}_scale`, { bytes: new Uint8Array(32).fill(255) }),
    ],
    ['ct-group-zeros', `lacks ${W}_zero_point (I8 [16,2])`, without(`${W}_zero_point`)],
    [
      'ct-group-zeros',
      `has ${W}_zero_point as I8 [2,16]`,
      tensor(`${W}_zero_point`, { shape: [2, 16] }),
    ],
    [
      'ct-group-zeros',
      'which groups of 7 do not fill',
      { settings: scheme({}, { group_size: 7 }) },
    ],
    [
      'ct-group-zeros',
      'as F16 [16,3], not BF16 or F16 or F32 [16,6]',
      { settings: scheme({}, { group_size: 4 }) },
    ],
    [
      'ct-tensor',
      'weight_zero_point (I8 [1] or [] or [1,1])',
      { settings: scheme({}, { symmetric: false }) },
    ],
    ['ct-pack4', `lacks ${W}_shape (I64 or I32 [2])`, without(`${W}_shape`)],
    [
      'ct-pack4',
      `has ${W}_shape [16,1099511627776], which 16 x 2 words of ${W}_packed do not hold`,
      tensor(`${W}_shape`, { bytes: i64(16n, 2n ** 40n) }),
    ],
    ['ct-pack4', `has ${W}_shape [-16,16]`, tensor(`${W}_shape`, { bytes: i64(-16n, 16n) })],
    ['ct-pack4', `has ${W}_shape [16,0]`, tensor(`${W}_shape`, { bytes: i64(16n, 0n) })],
    [
      'ct-pack4',
      `has ${W}_packed as F32 [16,2], not I32 [16,2]`,
      tensor(`${W}_packed`, { dtype: 'F32' }),
    ],
    [
      'ct-pack4',
      `holds ${W} twice`,
      {
        tensors: (all) =>
          all.set(W, { dtype: 'BF16', shape: [16, 16], bytes: new Uint8Array(512) }),
      },
    ],
    ['ct-pack4', '_shape [16,24], which 16 x 3 words', { settings: scheme({}, { num_bits: 8 }) }],
    ['ct-pack4-zeros', `lacks ${W}_zero_point (I32 [2,2])`, without(`${W}_zero_point`)],
    [
      'ct-pack4-zeros',
      `has ${W}_zero_point as I32 [1,4]`,
      tensor(`${W}_zero_point`, { shape: [1, 4] }),
    ],
    ['fp8', `lacks ${W}_scale_inv (F32 or BF16 or F16 [2,2])`, without(`${W}_scale_inv`)],
    [
      'fp8',
      `has ${W}_scale_inv as BF16 [4], not F32 or BF16 or F16 [2,2]`,
      tensor(`${W}_scale_inv`, { shape: [4] }),
    ],
    [
      'fp8',
      `has ${W}_scale_inv with NaN at index 0`,
      tensor(`${W}_scale_inv`, { bytes: new Uint8Array(8).fill(255) }),
    ],
    [
      'fp8',
      'as BF16 [2,3], not F32 or BF16 or F16 [4,6]',
      { settings: (settings) => ({ ...settings, weight_block_size: [4, 4] }) },
    ],
  ])('%s: %s', async (name, message, change) => {
    expect(await refusal(name, change)).toMatchObject({
      code: 'checkpoint',
      message: expect.stringContaining(message),
    });
  });

  test.each<[Json | string, string]>([
    [
      { shape: [2 ** 40, 2 ** 40] },
      'with shape [1099511627776,1099511627776], the weight has 128 bytes',
    ],
    [{ shape: [16, 15] }, 'with shape [16,15], the weight has 128 bytes of two values'],
    [{ shape: [256] }, 'with shape [256]'],
    [{ shape: [-16, -16] }, 'with shape [-16,-16]'],
    [{ shape: ['16', 16] }, 'with shape ["16",16]'],
    [{ shape: { length: 2, 0: 16, 1: 16 } }, 'with shape {'],
    [{ shape: null }, 'with shape null'],
    [{ blocksize: 1 }, 'with blocksize 1'],
    [{ blocksize: '64' }, 'with blocksize "64"'],
    [{ blocksize: 32 }, `has ${W}.absmax as F32 [4], not F32 [8]`],
    [{ dtype: 'float64' }, 'with dtype "float64"'],
    [{ dtype: ['float32'] }, 'with dtype ["float32"]'],
    [{ quant_type: 'fp4' }, 'with quant_type "fp4"'],
    [{ nested_blocksize: 0 }, 'with nested_dtype undefined'],
    [{ nested_blocksize: 0, nested_dtype: 'float32', nested_offset: 0 }, 'with nested_blocksize 0'],
    [
      { nested_blocksize: 256, nested_dtype: 'float32', nested_offset: '0' },
      'with nested_offset "0"',
    ],
    [{ toString: 1 }, 'with "toString", which is not known'],
    ['', 'which is not JSON: ""'],
    ['NaN', 'which is not JSON: "NaN"'],
    ['[1]', 'with [1].'],
    ['null', 'with null.'],
    ['{"__proto__": {"blocksize": 64}}', 'with "__proto__", which is not known'],
    [`${'['.repeat(2000)}${']'.repeat(2000)}`, 'with [[['],
    [`"${'y'.repeat(5000)}"`, 'not as U8 of at most 4096 bytes'],
  ])('quant_state %j: %s', async (value, message) => {
    const change = typeof value === 'string' ? tensor(STATE, text(value)) : state(STATE, value);
    const error = await refusal('bnb-nf4', change);
    expect(error).toMatchObject({ code: 'checkpoint', message: expect.stringContaining(message) });
    expect(error.message.length).toBeLessThan(1100);
  });

  test('an order of bytes that is not that of rows, and columns in another one, throw `unsupported`', async () => {
    const tiled = tensor(`${Q}.weight_format`, { bytes: Uint8Array.of(2) });
    expect(await refusal('bnb-int8', tiled)).toMatchObject({
      code: 'unsupported',
      message: expect.stringContaining(`${Q}.weight_format 2 (col_turing), which is not read`),
    });
    const ordered: Change = {
      tensors: (all) =>
        all.set(`${W}_g_idx`, { dtype: 'I32', shape: [16], bytes: new Uint8Array(64) }),
    };
    expect(await refusal('ct-pack4', ordered)).toMatchObject({
      code: 'unsupported',
      message: expect.stringContaining(`${W}_g_idx`),
    });
  });
});
