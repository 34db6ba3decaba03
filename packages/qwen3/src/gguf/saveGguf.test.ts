import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openCpu } from '@molrl/tensor-gpu';
import { fill } from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadChatTemplate } from '../chat/loadChatTemplate.ts';
import { saveModel } from '../checkpoint/saveModel.ts';
import { createQwen3 } from '../model/createQwen3.ts';
import { TINY_CONFIG } from '../model/tinyConfig.ts';
import { loadGguf } from './loadGguf.ts';
import { openGguf } from './openGguf.ts';
import { saveGguf } from './saveGguf.ts';

const tokenizer = fileURLToPath(new URL('../../fixtures/gguf/qwen3.gguf', import.meta.url));

let root: string;
beforeAll(async () => {
  await openCpu();
  root = await mkdtemp(join(tmpdir(), 'save-gguf-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

test.each([
  ['F16', 65_519, 65_520],
  ['BF16', 3.38e38, 3.4e38],
  ['Q8_0', 8_321_000, 8_321_100],
] as const)(
  '%s: the largest weight that it can hold comes back, the next is refused',
  async (dtype, fits, beyond) => {
    const model = createQwen3({ ...TINY_CONFIG, vocabSize: 270, hiddenSize: 32 }, { seed: 1 });
    const weight = model.weight('model.layers.0.mlp.up_proj.weight');
    weight.assign(fill(weight.shape, fits));
    const path = join(root, `${dtype}.gguf`);
    await saveGguf(model, path, { dtype, tokenizer });
    const again = await loadGguf(path);
    const [first] = await again.weight('model.layers.0.mlp.up_proj.weight').data();
    expect(first! / fits).toBeCloseTo(1, 2);
    weight.assign(fill(weight.shape, beyond));
    const other = join(root, `${dtype}-beyond.gguf`);
    await expect(saveGguf(model, other, { dtype, tokenizer })).rejects.toMatchObject({
      code: 'option',
      message: expect.stringContaining(
        `which ${dtype} cannot hold as a number. Store it in a wider`,
      ),
    });
    await expect(openGguf(other)).rejects.toMatchObject({ code: 'io' });
    again.dispose();
    model.dispose();
  },
);

test.each([
  ['a file of its own', (text: string) => ({ 'chat_template.jinja': text })],
  [
    'the default of a list',
    (text: string) => {
      const list = [
        { name: 'tool_use', template: 'other' },
        { name: 'default', template: text },
      ];
      return { 'tokenizer_config.json': JSON.stringify({ chat_template: list }) };
    },
  ],
])('the chat template of a folder goes along: %s', async (_, files) => {
  const folder = await mkdtemp(join(root, 'folder-'));
  const model = await loadGguf(tokenizer);
  await saveModel(model, folder, { dtype: 'float32' });
  const text = '{% for message in messages %}<{{ message.content }}>{% endfor %}';
  for (const [name, content] of Object.entries(files(text)))
    await writeFile(join(folder, name), content);
  const path = join(folder, 'with-template.gguf');
  await saveGguf(model, path, { dtype: 'F32', tokenizer: folder });
  const template = await loadChatTemplate(path);
  expect(template.render([{ role: 'user', content: 'hello' }])).toBe('<hello>');
  model.dispose();
});

test('a model with a sliding window is refused: llama.cpp would compute another one', async () => {
  const model = createQwen3({ ...TINY_CONFIG, slidingWindow: 8 }, { seed: 1 });
  await expect(
    saveGguf(model, join(root, 'window.gguf'), { dtype: 'F16', tokenizer }),
  ).rejects.toThrow('a model with a sliding window (8) cannot be written');
  model.dispose();
});
