import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { base, folderOf, hiddenOf, outcome, plain, qv, root, tensorsOf } from './adapterTrial.ts';
import { loadAdapter } from './loadAdapter.ts';
import { saveAdapter } from './saveAdapter.ts';

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
    ['checkpoint', { rank_pattern: { q_proj: 8 } }],
    ['checkpoint', { rank_pattern: { '^model.layers.1.*q_proj': 8 } }],
    ['config', { rank_pattern: { q_proj: 0 } }],
    ['config', { alpha_pattern: { 'self_attn.v_proj': '8' } }],
    ['unsupported', { target_parameters: ['gate_up_proj'] }],
    ['config', { rank_pattern: ['q_proj'] }],
    ['checkpoint', { target_modules: ['q_proj'] }],
    ['checkpoint', { layers_to_transform: [0] }],
  ])('refused with `%s`: %j', async (code, changes) => {
    expect(await outcome(await folderOf({ ...plain, ...changes }))).toMatchObject({ code });
  });
});
