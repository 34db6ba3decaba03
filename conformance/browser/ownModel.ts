import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createQwen3, loadAdapter, loadGguf, loadModel, saveGguf } from '@molrl/qwen3';
import { openDevice } from '@molrl/tensor-gpu';
import { repositoryRoot } from '../../scripts/repositoryRoot.ts';
import { equal } from './equal.ts';

/** The model that ships with the page. */
export const BASE: string = join(repositoryRoot, 'examples', 'mol-rl', 'base');
export const GGUF: string = join(repositoryRoot, 'packages/qwen3/fixtures/gguf/qwen3.gguf');

/** What was downloaded loads in Node and is not the base any more. */
export async function checkModel(files: Record<string, Buffer>): Promise<void> {
  await inFolder(files, async (folder) => {
    const [own, base] = [await loadModel(folder), await loadModel(BASE)];
    const name = 'model.norm.weight';
    const moved = own
      .weight(name)
      .dataSync()
      .some((x, i) => x !== base.weight(name).dataSync()[i]);
    equal([own.config.numHiddenLayers, moved], [base.config.numHiddenLayers, true]);
    own.dispose();
    base.dispose();
  });
}

/** A model like that of the fixture, with room for episodes. */
export async function ggufFile(): Promise<{ name: string; mimeType: string; buffer: Buffer }> {
  let buffer = Buffer.alloc(0);
  await inFolder({}, async (folder) => {
    const fixture = await loadGguf(GGUF);
    const model = createQwen3({ ...fixture.config, maxPositionEmbeddings: 1024 }, { seed: 1 });
    const path = join(folder, 'own.gguf');
    await saveGguf(model, path, { dtype: 'BF16', tokenizer: GGUF });
    buffer = readFileSync(path);
    model.dispose();
    fixture.dispose();
  });
  return { name: 'own.gguf', mimeType: 'application/octet-stream', buffer };
}

/** What was downloaded fits the model that it was trained on, and has learned something. */
export async function checkAdapter(files: Record<string, Buffer>, source: string): Promise<void> {
  equal(Object.keys(files).sort(), ['adapter_config.json', 'adapter_model.safetensors']);
  await inFolder(files, async (folder) => {
    const model = await (source === GGUF ? loadGguf(source) : loadModel(source));
    await loadAdapter(model, folder);
    equal(model.adapter?.r, 4);
    const moved = Object.entries(model.trainable()).some(
      ([name, values]) => name.includes('lora_B') && values.dataSync().some((value) => value !== 0),
    );
    equal(moved, true); // B begins as zeros
    model.dispose();
  });
}

async function inFolder(
  files: Record<string, Buffer>,
  check: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'molrl-page-'));
  const device = await openDevice('cpu', { threads: 1 });
  try {
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
    await check(folder);
  } finally {
    device.dispose();
    rmSync(folder, { recursive: true });
  }
}
