import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  createQwen3,
  loadAdapter,
  loadModel,
  loadTokenizer,
  type ModelType,
  type Qwen3,
  saveModel,
  scoreLogprobs,
  TINY_CONFIG,
} from '@molrl/qwen3';
import { type CpuDevice, openCpu } from '@molrl/tensor-gpu';
import { fill, tidy } from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadLearner } from '../method/loadLearner.ts';
import { formatOfCheckpoint } from './chatFormat.ts';
import { checkExport, exportModel } from './exportModel.ts';
import { findModel } from './findModel.ts';
import { readGeneralText } from './generalText.ts';

const fixture = (name: string): string =>
  fileURLToPath(new URL(`../../../packages/qwen3/fixtures/${name}`, import.meta.url));
const GGUF = fixture('gguf/llama.gguf');
const TEXT = [{ promptIds: [5, 9], completionIds: [12, 40, 41, 7] }];
let device: CpuDevice;
let root = '';

beforeAll(async () => {
  device = await openCpu({ threads: 1 });
  root = await mkdtemp(join(tmpdir(), 'molrl-model-'));
});
afterAll(async () => {
  device.dispose();
  await rm(root, { recursive: true, force: true });
});

/** A folder with a tiny model of a family, and the recipe's tokenizer with a chat template. */
async function folderOf(name: string, family: ModelType, template?: string): Promise<string> {
  const folder = join(root, name);
  const config = { ...TINY_CONFIG, modelType: family, vocabSize: 512, noRopeLayers: undefined };
  const model = createQwen3(family === 'smollm3' ? { ...config, noRopeLayers: [1, 0] } : config, {
    seed: 1,
  });
  await saveModel(model, folder, { dtype: 'float32', maxShardBytes: 8000 });
  model.dispose();
  await cp(fixture('recipeTokenizer.json'), join(folder, 'tokenizer.json'));
  if (template !== undefined) await writeFile(join(folder, 'chat_template.jinja'), template);
  return folder;
}

const CHATML =
  "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\\n' + m['content'] + '<|im_end|>\\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";
const withSystem = (text: string): string =>
  `{% if messages[0]['role'] != 'system' %}{{ '<|im_start|>system\\n${text}<|im_end|>\\n' }}{% endif %}${CHATML}`;
const SMOLLM = 'You are a helpful AI assistant named SmolLM, trained by Hugging Face';

describe('the chat format of a checkpoint', () => {
  test.each([
    ['qwen3', CHATML, { format: 'qwen3' }],
    ['llama', CHATML, { format: 'chatml' }],
    ['llama', withSystem(SMOLLM), { format: 'smollm2' }],
    ['qwen2', withSystem('You are Qwen.'), { format: 'chatml', system: 'You are Qwen.' }],
    ['qwen3', undefined, { format: 'qwen3' }],
    ['smollm3', undefined, { format: 'chatml' }],
  ] as const)('of %s is that of its template (%#)', async (family, template, expected) => {
    const source = await folderOf(`format-${family}-${template?.length}`, family, template);
    const tokenizer = await loadTokenizer(source);
    const found = await formatOfCheckpoint({ source, tokenizer, modelType: family });
    expect(found).toEqual(expected);
  });

  test('one that no format writes is the nearest, and says so', async () => {
    const source = await folderOf('odd', 'llama', `hello ${CHATML}`);
    const tokenizer = await loadTokenizer(source);
    const found = await formatOfCheckpoint({ source, tokenizer, modelType: 'llama' });
    expect(found).toMatchObject({ format: 'chatml', doubt: expect.stringContaining('no format') });
  });
});

describe('findModel', () => {
  test.each([
    ['nowhere', /nowhere is not there\. Looked for a folder with config\.json, model\.safe/],
    ['HuggingFaceTB/SmolLM2-135M', /A name on a hub must be downloaded first/],
    [fixture('recipeTokenizer.json'), /is a file, but no GGUF file/],
    [fixture('gguf'), /has no config\.json, no model\.safetensors or model\.safetensors\.index/],
  ])('%s is refused', async (given, message) => {
    await expect(findModel(given)).rejects.toThrow(message);
  });
});

test('a run is its adapter on its base, with what the system said; else its whole model', async () => {
  const [run, source] = [join(root, 'run'), await folderOf('base', 'llama')];
  const settings = { model: source, system: 'Be brief.' };
  await mkdir(join(run, 'adapter'), { recursive: true });
  await writeFile(join(run, 'run.json'), JSON.stringify({ settings }));
  await expect(findModel(run)).rejects.toThrow(/is a run that has not ended/);
  await writeFile(join(run, 'adapter', 'adapter_config.json'), '{}');
  const adapter = join(run, 'adapter');
  expect(await findModel(run)).toEqual({ source, adapter, system: 'Be brief.' });
  await expect(loadLearner({ model: run, format: 'auto' })).rejects.toThrow(/--export merged/);
  await cp(source, join(run, 'model'), { recursive: true });
  expect(await findModel(run)).toEqual({ source: join(run, 'model'), system: 'Be brief.' });
});

/** Log-probs of a text. */
async function logprobs(model: Qwen3): Promise<number[]> {
  const [scored] = await scoreLogprobs(model, TEXT);
  return Array.from(scored!); // one text
}

const near = (a: readonly number[], b: readonly number[]): number =>
  Math.max(...a.map((x, i) => Math.abs(x - b[i]!)));

describe('a learner', () => {
  test.each(['qwen3', 'qwen2', 'llama', 'smollm3'] as const)(
    'of %s in several files samples, its matrices left in the files',
    async (family) => {
      const model = await folderOf(`learner-${family}`, family, CHATML);
      const learner = await loadLearner({ model, format: 'auto', lora: { r: 2 } });
      const prompt = [{ speaker: 'user', kind: 'prompt', turn: 0, text: 'hi' }] as const;
      const [said] = await learner.policy.generate([prompt], { maxTokens: 3, seed: 1 });
      expect(said!.tokens.ids.length).toBeGreaterThan(0);
      expect(Object.keys(learner.model.frozen).length).toBeGreaterThan(7);
      learner.dispose();
    },
  );

  test('of a GGUF file leaves an adapter, a folder and a GGUF file that are the same model', async () => {
    const learner = await loadLearner({ model: GGUF, format: 'auto', lora: { r: 2 } });
    expect(learner.chat).toEqual({ format: 'chatml' });
    expect(Object.keys(learner.model.frozen).length).toBeGreaterThan(7);
    for (const weight of Object.values(learner.model.trainable()))
      tidy(() => weight.assign(fill(weight.shape, 0.1)));
    const kinds = ['adapter', 'merged', 'gguf'] as const;
    checkExport(learner, kinds);
    const card = (kind: string) => `card of ${kind}`;
    const [adapter, merged, gguf] = await exportModel(learner, { out: root, kinds, card });
    const expected = await logprobs(learner.model);
    const base = await loadModel(GGUF);
    expect(near(await logprobs(base), expected)).toBeGreaterThan(0.1);
    await loadAdapter(base, adapter!.path);
    expect(near(await logprobs(base), expected)).toBeLessThan(1e-5);
    const [whole, stored] = [await loadModel(merged!.path), await loadModel(gguf!.path)];
    expect(near(await logprobs(whole), expected)).toBeLessThan(1e-4);
    expect(near(await logprobs(stored), expected)).toBeLessThan(2e-2); // F16
    const [before, after] = [await loadTokenizer(GGUF), await loadTokenizer(gguf!.path)];
    expect(after.encode('hello wo<|im_end|>')).toEqual(before.encode('hello wo<|im_end|>'));
    for (const folder of ['adapter', 'model', 'gguf'])
      expect(await readFile(join(root, folder, 'README.md'), 'utf8')).toMatch(/^card of /);
    for (const model of [learner, base, whole, stored]) model.dispose();
  });

  test('text of the base itself is drawn once and kept for a resume', async () => {
    const model = await folderOf('general', 'qwen3', CHATML);
    const learner = await loadLearner({ model, format: 'auto', lora: { r: 2 } });
    const out = await mkdtemp(join(root, 'run-'));
    const settings = { generalText: 'base', seed: 1, eval: {} };
    Object.assign(learner.model.config, { bosTokenId: null, eosTokenId: null });
    await expect(readGeneralText(settings, learner, out)).rejects.toThrow(/neither a first nor/);
    Object.assign(learner.model.config, { bosTokenId: 0 });
    const text = await readGeneralText(settings, learner, out);
    expect(text.train.length + text.heldOut.length).toBe(64 * 128);
    expect(text.heldOut.length).toBeGreaterThan(800);
    expect(await readGeneralText({ ...settings, seed: 2 }, learner, out)).toEqual(text);
    const halves = ['validation', 'test'].map(async (split) => {
      const half = { ...settings, eval: { split: split as 'test' } };
      return (await readGeneralText(half, learner, out)).heldOut;
    });
    expect((await Promise.all(halves)).flat()).toEqual(text.heldOut);
    learner.dispose();
  });

  test('a family that llama.cpp cannot hold is refused before the run', async () => {
    const model = await folderOf('smollm3', 'smollm3', CHATML);
    const learner = await loadLearner({ model, format: 'auto', lora: { r: 2 } });
    expect(() => checkExport(learner, ['gguf'])).toThrow(/smollm3 cannot be written as GGUF/);
    learner.dispose();
    const windowed = createQwen3({ ...TINY_CONFIG, slidingWindow: 8 }, { seed: 1 });
    expect(() => checkExport({ model: windowed }, ['gguf'])).toThrow('a sliding window (8)');
    windowed.dispose();
  });
});
