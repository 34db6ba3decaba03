import { describe, expect, test } from 'vitest';
import { Qwen3Error } from '../base/errors.ts';
import { base, folderOf, outcome, plain, qv, tensorsOf } from './adapterTrial.ts';
import { loadAdapter } from './loadAdapter.ts';

describe('settings of an adapter', () => {
  test.each([true, false, null, 'gaussian', 'orthogonal', 'eva', 'mica', 'lora_ga'])(
    'init_lora_weights %o leaves the base alone',
    async (init) => {
      const expected = await outcome(await folderOf(plain));
      expect(await outcome(await folderOf({ ...plain, init_lora_weights: init }))).toEqual(
        expected,
      );
    },
  );

  test.each([
    'pissa',
    'pissa_niter_4',
    'olora',
    'OLoRA',
    'corda',
    'loftq',
    'PiSSA',
    'something new',
    1,
    {},
    ['pissa'],
  ])('init_lora_weights %o is refused by name, with the fix', async (init) => {
    expect(await outcome(await folderOf({ ...plain, init_lora_weights: init }))).toMatchObject({
      code: 'unsupported',
      message: expect.stringMatching(
        /init_lora_weights .*path_initial_model_for_weight_conversion/,
      ),
    });
  });

  test.each<[string, unknown]>([
    ['alora_invocation_tokens', [9, 2]],
    ['use_bdlora', { nblocks: 2 }],
    ['use_bdlora', {}],
    ['use_bdlora', true],
    ['kasa_config', {}],
    ['monteclora_config', { n: 1 }],
    ['velora_config', { num_groups: 64 }],
    ['arrow_config', { top_k: 3 }],
    ['use_qalora', true],
    ['lora_bias', true],
    ['fan_in_fan_out', true],
    ['bias', 'all'],
    ['bias', 'lora_only'],
    ['bias', true],
    ['modules_to_save', ['lm_head']],
    ['target_parameters', ['mlp.weight']],
    ['trainable_token_indices', [1]],
    ['trainable_token_indices', { embed_tokens: [1] }],
    ['layer_replication', [[0, 2]]],
    ['exclude_modules', ['k_proj']],
    ['exclude_modules', '.*k_proj'],
    ['megatron_config', { hidden: 1 }],
    ['a_setting_of_tomorrow', 0.5],
    ['another', 'on'],
    ['peft_type', 'ADALORA'],
    ['peft_type', null],
  ])('%s = %j is refused by name', async (key, value) => {
    expect(await outcome(await folderOf({ ...plain, [key]: value }))).toMatchObject({
      code: 'unsupported',
      message: expect.stringContaining(key),
    });
  });

  test('everything PEFT 0.21 writes for a plain adapter is plain', async () => {
    const written = {
      alora_invocation_tokens: null,
      alpha_pattern: {},
      arrow_config: null,
      auto_mapping: { base_model_class: 'Qwen3ForCausalLM', parent_library: 'transformers' },
      corda_config: null,
      ensure_weight_tying: false,
      eva_config: { rho: 2 },
      exclude_modules: null,
      inference_mode: true,
      kasa_config: null,
      layer_replication: null,
      layers_pattern: null,
      layers_to_transform: null,
      loftq_config: {},
      megatron_config: null,
      megatron_core: 'megatron.core',
      modules_to_save: null,
      peft_version: '0.21.2',
      qalora_group_size: 16,
      rank_pattern: {},
      revision: null,
      task_type: 'CAUSAL_LM',
      trainable_token_indices: null,
      use_bdlora: null,
      use_dora: false,
      use_qalora: false,
      a_setting_of_tomorrow: null,
      another: [],
    };
    const expected = await outcome(await folderOf(plain));
    expect(await outcome(await folderOf({ ...plain, ...written }))).toEqual(expected);
  });

  test('missing r and lora_alpha are 8, as in PEFT', async () => {
    const { r: _, lora_alpha: __, ...rest } = plain;
    await loadAdapter(base, await folderOf(rest, tensorsOf(qv, 8)));
    expect(base.adapter).toMatchObject({ r: 8, alpha: 8, scaling: 1, dropout: 0, baseModel: null });
    base.adapter?.dispose();
    base.adapter = undefined;
  });

  test.each([
    { r: 'many' },
    { r: 0 },
    { r: 2.5 },
    { lora_alpha: '16' },
    { lora_alpha: {} },
    { use_dora: 1 },
    { use_rslora: 'true' },
    { lora_dropout: 'x' },
    { lora_dropout: 2 },
    { base_model_name_or_path: 7 },
  ])('%j throws `config`', async (changes) => {
    expect(await outcome(await folderOf({ ...plain, ...changes }))).toMatchObject({
      code: 'config',
    });
  });

  test('values as deep as a file can hold them are refused in a few words', async () => {
    const deep = `${'['.repeat(400)}1${']'.repeat(400)}`;
    for (const key of [...Object.keys(plain), 'bias', 'init_lora_weights', 'x']) {
      for (const value of [deep, JSON.stringify('x'.repeat(1e5))]) {
        const text = JSON.stringify({ ...plain, [key]: '?' }).replace('"?"', value);
        expect(await outcome(await folderOf(text))).toBeInstanceOf(Qwen3Error);
      }
    }
    const tooDeep = await outcome(await folderOf(`{"r":${'['.repeat(1e5)}${']'.repeat(1e5)}}`));
    expect(tooDeep).toMatchObject({ code: 'config' });
  });
});
