import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  type Completion,
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

/** Few, and one thread of llama.cpp: its threads wait for each other busily, which takes a second a token on a busy machine. */
const TOKENS = 24;
const PROMPTS = 3;
const TEXTS = 100;

/**
 * Nats by which the token that llama.cpp took may be less probable for us than our own, where two answers part. It keeps keys
 * and values as halves, and rounds what it multiplies with weights: to halves beside F16 and BF16, to blocks of bytes beside Q8_0.
 */
const TIES = { F32: 0.01, F16: 0.02, BF16: 0.02, Q8_0: 0.2 };

/**
 * Files that we wrote, sampled greedily by llama.cpp and by ourselves: the same tokens, up to a tie. Both architectures, one
 * engine.
 */
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
  const { answers, ends } = await ownAnswers(path, prompts);
  const theirs = await engine.loadModel({ modelPath: path });
  const drawn = await llamaAnswers(theirs, prompts);
  for (const [i, ids] of drawn.entries()) {
    const { ids: own, topLogprobs } = answers[i]!;
    // llama.cpp does not hand out the end of an answer
    const parts = own.findIndex((id, t) => id !== ids[t] && !(ids.length === t && ends.has(id)));
    const top = topLogprobs![parts];
    const other = top?.find(({ id }) => id === ids[parts]);
    const gap = top ? top[0]!.logprob - (other?.logprob ?? Number.NEGATIVE_INFINITY) : 0;
    const said = `token ${parts} is ${ids[parts]} instead of ${own[parts]}, by ${gap.toFixed(4)} nats`;
    check.that(`${name}: answer ${i}`, gap <= TIES[dtype], said);
    if (top) process.stderr.write(`${name}: answer ${i}: ${said}\n`);
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

/** Most probable ids of a place among which that of llama.cpp is looked for. */
const LIKELY = 5;

/** Greedy ids with the most probable ones beside, and the ids that end an answer. */
async function ownAnswers(
  path: string,
  prompts: number[][],
): Promise<{ answers: Completion[]; ends: Set<number> }> {
  const model: Qwen3 = await loadModel(path);
  const options = { maxTokens: TOKENS, temperature: 0, topLogprobs: LIKELY };
  const answers = await generate(model, prompts, options);
  const ends = new Set([model.config.eosTokenId ?? []].flat());
  model.dispose();
  return { answers, ends };
}

async function llamaAnswers(model: LlamaModel, prompts: number[][]): Promise<number[][]> {
  const context = await model.createContext({ contextSize: 512, threads: 1 });
  const sequence = context.getSequence();
  const answers: number[][] = [];
  for (const prompt of prompts) {
    await sequence.clearHistory();
    const ids: number[] = [];
    for await (const id of sequence.evaluate(prompt, { temperature: 0 })) {
      ids.push(id); // an end of the text ends the loop, and does not come
      if (ids.length === TOKENS) break;
    }
    answers.push(ids);
  }
  return answers;
}
