import { describe, expect, test } from 'vitest';
import { loadModel } from '../loadModel.ts';
import { type Change, changed, type Json, refusal, scheme } from './quantizedTrial.ts';

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
