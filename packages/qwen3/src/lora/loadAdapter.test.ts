import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { openCpu } from '@molrl/tensor-gpu';
import { fill, memory, tidy } from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadQwen3 } from '../checkpoint/loadQwen3.ts';
import { readSafetensors, type StoredTensor } from '../checkpoint/readSafetensors.ts';
import { saveQwen3 } from '../checkpoint/saveQwen3.ts';
import { writeSafetensors } from '../checkpoint/writeSafetensors.ts';
import { Qwen3Error } from '../errors.ts';
import { createQwen3 } from '../model/createQwen3.ts';
import { parameterShapes } from '../model/parameterShapes.ts';
import type { Qwen3 } from '../model/qwen3.ts';
import { seededNormal } from '../model/seededNormal.ts';
import { tokenBatch } from '../model/tokenBatch.ts';
import { TINY_CONFIG } from '../tinyConfig.ts';
import { addLora } from './addLora.ts';
import { loadAdapter } from './loadAdapter.ts';
import { saveAdapter } from './saveAdapter.ts';

const batch = tokenBatch([{ ids: [5, 1, 36, 7] }, { ids: [4, 9] }], { padId: 0 });
const hiddenOf = (model: Qwen3): number[] => tidy(() => [...model.forward(batch).dataSync()]);

let root: string;
let base: Qwen3;
let number = 0;
beforeAll(async () => {
  await openCpu();
  root = await mkdtemp(join(tmpdir(), 'qwen3-'));
  base = createQwen3(TINY_CONFIG, { seed: 1 });
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** All tensors of an adapter on every layer whose name `keep` accepts, B not 0. */
function tensorsOf(keep: (name: string) => boolean, r = 3): Record<string, StoredTensor> {
  const normal = seededNormal(7);
  const tensors: Record<string, StoredTensor> = {};
  for (const [name, size] of Object.entries(parameterShapes(TINY_CONFIG))) {
    const module = name.replace(/\.weight$/, '');
    if (!module.endsWith('_proj') || !keep(module)) continue;
    const [rows, columns] = size as [number, number];
    for (const [half, shape] of Object.entries({ A: [r, columns], B: [rows, r] })) {
      const data = Float32Array.from({ length: shape[0]! * shape[1]! }, () => 0.3 * normal());
      tensors[`base_model.model.${module}.lora_${half}.weight`] = { shape, data };
    }
  }
  return tensors;
}

const qv = (name: string): boolean => /\.(q|v)_proj$/.test(name);
const plain = { peft_type: 'LORA', r: 3, lora_alpha: 6, target_modules: ['q_proj', 'v_proj'] };

async function folderOf(config: unknown, tensors = tensorsOf(qv)): Promise<string> {
  const folder = join(root, String(number++));
  await writeSafetensors(join(folder, 'adapter_model.safetensors'), tensors);
  const text = typeof config === 'string' ? config : JSON.stringify(config);
  await writeFile(join(folder, 'adapter_config.json'), text);
  return folder;
}

/** Hidden states with the adapter on, or the error. The base is left as it was. */
async function outcome(folder: string | URL): Promise<number[] | Qwen3Error> {
  const before = memory().numTensors;
  try {
    await loadAdapter(base, folder);
    return hiddenOf(base);
  } catch (error) {
    expect(error).toBeInstanceOf(Qwen3Error);
    expect((error as Qwen3Error).message.length).toBeLessThan(1100);
    return error as Qwen3Error;
  } finally {
    base.adapter?.dispose();
    base.adapter = undefined;
    expect(memory().numTensors - before).toBeLessThanOrEqual(2); // rotary tables
  }
}

describe('how PEFT spells the adapted layers', () => {
  const qvNames = Object.keys(tensorsOf(qv))
    .filter((name) => name.endsWith('lora_A.weight'))
    .map((name) => name.slice('base_model.model.'.length, -'.lora_A.weight'.length));

  test.each<[string, object]>([
    ['last two parts', { target_modules: ['self_attn.q_proj', 'self_attn.v_proj'] }],
    ['full names', { target_modules: qvNames }],
    ['a pattern', { target_modules: '.*self_attn\\.(q|v)_proj' }],
    ['a pattern with groups', { target_modules: '(?P<layer>model\\.layers\\.\\d+)\\..*[qv]_proj' }],
    ['names of no layer', { target_modules: ['q_proj', 'v_proj', 'foo_proj', 'toString', 'proj'] }],
    ['the head, without tensors', { target_modules: ['q_proj', 'v_proj', 'lm_head'] }],
    ['the default for Qwen3', { target_modules: null }],
    ['every layer by number', { layers_to_transform: [0, 1] }],
    ['a layers_pattern', { layers_to_transform: [1, 0], layers_pattern: 'layers' }],
    ['lists of patterns', { layers_to_transform: [1, 0], layers_pattern: ['layers'] }],
    ['empty lists', { layers_to_transform: [], layers_pattern: [] }],
    ['a rank for no layer', { rank_pattern: { foo: 8, 'layers.7.self_attn.q_proj': 1 } }],
    ['ranks that repeat r', { rank_pattern: { q_proj: 3 }, alpha_pattern: { '.*v_proj': 6 } }],
  ])('%s: the same adapter', async (_, changes) => {
    const expected = await outcome(await folderOf(plain));
    expect(expected).toBeInstanceOf(Array);
    expect(await outcome(await folderOf({ ...plain, ...changes }))).toEqual(expected);
  });

  test.each<[string, object, (name: string) => boolean]>([
    ["'all-linear'", { target_modules: 'all-linear' }, () => true],
    ['one layer by number', { layers_to_transform: 1 }, (n) => qv(n) && n.includes('.1.')],
    ['layer 0 by number', { layers_to_transform: 0 }, (n) => qv(n) && n.includes('.0.')],
    ['layer 0 in a list', { layers_to_transform: [0] }, (n) => qv(n) && n.includes('.0.')],
    [
      'a full name in spite of layers_to_transform',
      { target_modules: ['model.layers.1.mlp.up_proj', 'q_proj'], layers_to_transform: [0] },
      (n) => n === 'model.layers.1.mlp.up_proj' || n === 'model.layers.0.self_attn.q_proj',
    ],
    [
      'parts of names that end elsewhere',
      { target_modules: ['0.self_attn.q_proj', 'p_proj', 'up_proj'] },
      (n) => n === 'model.layers.0.self_attn.q_proj' || n.endsWith('.up_proj'),
    ],
  ])('%s: the layers PEFT would adapt, and saved again the same ones', async (_, changes, keep) => {
    const folder = await folderOf({ ...plain, ...changes }, tensorsOf(keep));
    await loadAdapter(base, folder);
    const expected = hiddenOf(base);
    await saveAdapter(base, join(root, 'again'));
    base.adapter?.dispose();
    base.adapter = undefined;
    expect(await outcome(join(root, 'again'))).toEqual(expected);
  });

  test('saved: short names where every layer has them, full names elsewhere', async () => {
    const keep = (n: string): boolean => qv(n) || n === 'model.layers.1.mlp.gate_proj';
    const names = ['q_proj', 'v_proj', 'model.layers.1.mlp.gate_proj'];
    await loadAdapter(base, await folderOf({ ...plain, target_modules: names }, tensorsOf(keep)));
    expect(base.adapter?.targets).toEqual(names);
    base.adapter?.dispose();
    base.adapter = undefined;
  });

  test('keys of a plain state_dict (lora_A.default.weight)', async () => {
    const renamed = Object.entries(tensorsOf(qv)).map(([name, value]) => [
      name.replace(/\.weight$/, '.default.weight'),
      value,
    ]);
    const expected = await outcome(await folderOf(plain));
    expect(await outcome(await folderOf(plain, Object.fromEntries(renamed)))).toEqual(expected);
  });

  test.each<[string, object]>([
    ['config', { target_modules: [] }],
    ['config', { target_modules: [1] }],
    ['config', { target_modules: 7 }],
    ['config', { target_modules: { q_proj: true } }],
    ['unsupported', { target_modules: ['toString'] }],
    ['unsupported', { target_modules: 'q_proj' }],
    ['unsupported', { target_modules: '(?i).*Q_PROJ' }],
    ['unsupported', { target_modules: '(.*)*(.*)*(.*)*(.*)*(.*)*!' }],
    ['config', { target_modules: '.*q_proj', layers_to_transform: [0] }],
    ['config', { target_modules: '.*q_proj', layers_pattern: 'layers' }],
    ['config', { layers_pattern: 'layers' }],
    ['config', { layers_to_transform: ['0'] }],
    ['config', { layers_to_transform: [0.5] }],
    ['unsupported', { layers_to_transform: [0], layers_pattern: 'h' }],
    ['unsupported', { layers_to_transform: [7] }],
    ['unsupported', { rank_pattern: { q_proj: 8 } }],
    ['unsupported', { rank_pattern: { '^model.layers.1.*q_proj': 8 } }],
    ['unsupported', { alpha_pattern: { 'self_attn.v_proj': 8 } }],
    ['config', { rank_pattern: ['q_proj'] }],
    ['checkpoint', { target_modules: ['q_proj'] }],
    ['checkpoint', { layers_to_transform: [0] }],
  ])('refused with `%s`: %j', async (code, changes) => {
    expect(await outcome(await folderOf({ ...plain, ...changes }))).toMatchObject({ code });
  });
});

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
    ['use_dora', true],
    ['use_dora', 1],
    ['use_rslora', true],
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

describe('the files of an adapter', () => {
  test('base name and dropout survive load and save; the name can be set', async () => {
    const config = { ...plain, base_model_name_or_path: 'Qwen/Qwen3-0.6B', lora_dropout: 0.05 };
    const target = join(root, 'kept');
    const written = async (): Promise<Record<string, unknown>> =>
      JSON.parse(await readFile(join(target, 'adapter_config.json'), 'utf8'));
    await loadAdapter(base, pathToFileURL(`${await folderOf(config)}/`));
    await saveAdapter(base, target);
    expect(await written()).toMatchObject({
      base_model_name_or_path: 'Qwen/Qwen3-0.6B',
      lora_dropout: 0.05,
    });
    await saveAdapter(base, pathToFileURL(target), { baseModel: '../base' });
    expect((await written()).base_model_name_or_path).toBe('../base');
    await saveAdapter(base, target, { baseModel: null });
    expect((await written()).base_model_name_or_path).toBe(null);
    const odd = saveAdapter(base, target, { baseModel: 7 as never });
    await expect(odd).rejects.toMatchObject({ code: 'option' });
    base.adapter?.dispose();
    base.adapter = undefined;
  });

  test('a new adapter names the folder its base was loaded from, as PEFT does', async () => {
    await saveQwen3(base, join(root, 'named'), { dtype: 'float32' });
    const model = await loadQwen3(join(root, 'named'));
    addLora(model, { r: 1, alpha: 1 });
    await saveAdapter(model, join(root, 'named-adapter'));
    const text = await readFile(join(root, 'named-adapter', 'adapter_config.json'), 'utf8');
    expect(JSON.parse(text).base_model_name_or_path).toBe(join(root, 'named'));
    expect(text).toContain('"lora_dropout": 0.0,');
    model.dispose();
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY])('%o is neither loaded nor saved', async (x) => {
    const tensors = tensorsOf(qv);
    Object.values(tensors)[1]!.data[4] = x;
    expect(await outcome(await folderOf(plain, tensors))).toMatchObject({
      code: 'checkpoint',
      message: expect.stringContaining(`is ${x} at index 4`),
    });
    const model = createQwen3(TINY_CONFIG, { seed: 1 });
    addLora(model, { r: 1, alpha: 1 });
    const [first] = Object.values(model.trainable());
    tidy(() => first!.assign(fill(first!.shape, x)));
    await expect(saveAdapter(model, join(root, 'nan'))).rejects.toThrow(`is ${x} at index 0`);
    model.dispose();
  });

  test.each<[string, string]>([
    ['names begin with base_model.model.', 'model.layers.0.self_attn.q_proj.lora_A.weight'],
    ['resized vocabulary', 'base_model.model.model.embed_tokens.weight'],
    ['resized vocabulary', 'base_model.model.lm_head.lora_A.weight'],
    [
      'which plain LoRA does not have',
      'base_model.model.model.layers.0.self_attn.q_proj.lora_magnitude_vector',
    ],
    ['do not explain', 'base_model.model.model.layers.7.self_attn.q_proj.lora_A.weight'],
    ['do not explain', 'base_model.model.__proto__.lora_A.weight'],
    ['twice', 'base_model.model.model.layers.0.self_attn.q_proj.lora_A.default.weight'],
  ])('%s: %s', async (message, name) => {
    const extra = { shape: [1], data: new Float32Array(1) };
    const tensors = { ...tensorsOf(qv), [name]: extra };
    expect(await outcome(await folderOf(plain, tensors))).toMatchObject({
      code: 'checkpoint',
      message: expect.stringContaining(message),
    });
  });

  test('integers are read as floats', async () => {
    const tensors = tensorsOf(qv);
    for (const tensor of Object.values(tensors))
      tensor.data = Int32Array.from(tensor.data, Math.sign);
    const floats = Object.entries(tensors).map(([name, { shape, data }]) => [
      name,
      { shape, data: Float32Array.from(data) },
    ]);
    const expected = await outcome(await folderOf(plain, Object.fromEntries(floats)));
    expect(await outcome(await folderOf(plain, tensors))).toEqual(expected);
  });

  test('a folder that is none says what it is', async () => {
    const model = join(root, 'model');
    await saveQwen3(base, model, { dtype: 'float32' });
    expect(await outcome(model)).toMatchObject({ code: 'option', message: /loadQwen3/ });
    const pickled = join(root, 'pickled');
    await saveAdapter(await adapted(), pickled);
    await rm(join(pickled, 'adapter_model.safetensors'));
    await writeFile(join(pickled, 'adapter_model.bin'), 'PK');
    expect(await outcome(pickled)).toMatchObject({ code: 'unsupported' });
    expect(await outcome(join(root, 'none'))).toMatchObject({ code: 'io' });
    expect(await outcome(7 as never)).toMatchObject({ code: 'option' });
    expect(Object.keys(await readSafetensors(join(model, 'model.safetensors'))).length).toBe(24);
  });
});

async function adapted(): Promise<Qwen3> {
  const model = createQwen3(TINY_CONFIG, { seed: 1 });
  addLora(model, { r: 1, alpha: 1 });
  return model;
}
