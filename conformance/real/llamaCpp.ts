import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  createQwen3,
  generate,
  loadModel,
  loadTokenizer,
  type Qwen3,
  saveGguf,
  TINY_CONFIG,
  type Tokenizer,
} from '@molrl/qwen3';
import { type Check, runSuite } from '../qwen3Suite.ts';
import type { SuiteResult } from '../suiteResult.ts';
import { promptIds } from './model.ts';
import { randomTexts } from './randomTexts.ts';

interface Question {
  gguf: string;
  /** Folder whose `node_modules` has node-llama-cpp. */
  llama: string;
}

/** What is used of node-llama-cpp; its types come with the package, which is not among our dependencies. */
interface LlamaModel {
  tokenize(text: string, specialTokens: boolean): number[];
  detokenize(tokens: number[], specialTokens: boolean): string;
  createContext(options: object): Promise<{
    getSequence(): {
      evaluate(tokens: number[], options: object): AsyncIterable<number>;
      clearHistory(): Promise<void>;
    };
  }>;
  dispose(): Promise<void>;
}
interface LlamaCpp {
  getLlama(
    options: object,
  ): Promise<{ loadModel(options: object): Promise<LlamaModel>; dispose(): Promise<void> }>;
}

/** Few, so that a busy machine gets to the end: every token of llama.cpp takes up to a second there. */
const TOKENS = 24;
const PROMPTS = 3;
const TEXTS = 100;

/** Files that we wrote, sampled greedily by llama.cpp and by ourselves: the same text. Both architectures, one engine. */
export function llamaSuite({ gguf, llama }: Question): Promise<SuiteResult> {
  return runSuite('node-llama-cpp', async (check) => {
    const entry = pathToFileURL(
      join(resolve(llama), 'node_modules/node-llama-cpp/dist/index.js'),
    ).href;
    const { getLlama } = (await import(entry)) as LlamaCpp; // its types are not here
    const engine = await getLlama({ gpu: false, logLevel: 'error', build: 'never' });
    const folder = await mkdtemp(join(tmpdir(), 'molrl-llama-'));
    try {
      const tokenizer = await loadTokenizer(gguf);
      const prompts = (await promptIds(gguf, tokenizer)).slice(0, PROMPTS);
      const written = { gguf, engine, tokenizer, prompts, folder };
      const genuine = await loadModel(gguf);
      for (const dtype of ['F32', 'F16', 'BF16', 'Q8_0'] as const)
        await compareTexts(check, genuine, { ...written, dtype });
      genuine.dispose();
      const random = smallQwen3(tokenizer);
      for (const dtype of ['F32', 'F16'] as const)
        await compareTexts(check, random, { ...written, dtype });
      random.dispose();
    } finally {
      await engine.dispose();
      await rm(folder, { recursive: true, force: true });
    }
  });
}

interface Written {
  gguf: string;
  engine: Awaited<ReturnType<LlamaCpp['getLlama']>>;
  tokenizer: Tokenizer;
  prompts: number[][];
  folder: string;
  dtype: 'F32' | 'F16' | 'BF16' | 'Q8_0';
}

/** The file of a model in one type, by both. */
async function compareTexts(check: Check, model: Qwen3, written: Written): Promise<void> {
  const { gguf, engine, tokenizer, prompts, folder, dtype } = written;
  const name = `${model.config.modelType ?? 'qwen3'} ${dtype}`;
  const path = join(folder, `${dtype}.gguf`);
  await saveGguf(model, path, { dtype, tokenizer: gguf });
  const expected = await ownTexts(path, tokenizer, prompts);
  const theirs = await engine.loadModel({ modelPath: path });
  const texts = await llamaTexts(theirs, tokenizer, prompts);
  for (const [i, text] of texts.entries()) {
    const said = `${JSON.stringify(text)} instead of ${JSON.stringify(expected[i])}`;
    check.that(`${name}: text ${i}`, text === expected[i], said);
  }
  if (name === 'llama F16') {
    for (const text of randomTexts(TEXTS, 9)) {
      const own = tokenizer.encode(text).join();
      const ids = theirs.tokenize(text, true).join();
      check.that(
        `ids of ${JSON.stringify(text.slice(0, 40))}`,
        ids === own,
        `${own} instead of ${ids}`,
      );
    }
  }
  await theirs.dispose();
  await rm(path);
}

/** The architecture that keeps its norms of queries and keys, with random weights and this file's tokenizer. */
function smallQwen3({ vocabSize }: Tokenizer): Qwen3 {
  const sizes = { hiddenSize: 64, intermediateSize: 128, headDim: 32, vocabSize };
  const heads = { numAttentionHeads: 4, numKeyValueHeads: 2, numHiddenLayers: 3 };
  const config = { ...TINY_CONFIG, ...sizes, ...heads, maxPositionEmbeddings: 512 };
  return createQwen3(config, { seed: 5 });
}

async function ownTexts(
  path: string,
  tokenizer: Tokenizer,
  prompts: number[][],
): Promise<string[]> {
  const model: Qwen3 = await loadModel(path);
  const answers = await generate(model, prompts, { maxTokens: TOKENS, temperature: 0 });
  const ends = new Set([model.config.eosTokenId ?? []].flat());
  model.dispose();
  return answers.map(({ ids }) => tokenizer.decode([...ids].filter((id) => !ends.has(id))));
}

async function llamaTexts(
  model: LlamaModel,
  tokenizer: Tokenizer,
  prompts: number[][],
): Promise<string[]> {
  const context = await model.createContext({ contextSize: 512 });
  const sequence = context.getSequence();
  const texts: string[] = [];
  for (const prompt of prompts) {
    await sequence.clearHistory();
    const ids: number[] = [];
    for await (const id of sequence.evaluate(prompt, { temperature: 0 })) {
      ids.push(id); // an end of the text ends the loop, and does not come
      if (ids.length === TOKENS) break;
    }
    texts.push(tokenizer.decode(ids));
  }
  return texts;
}
