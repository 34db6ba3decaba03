import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  addLora,
  generate,
  loadChatTemplate,
  loadModel,
  loadTokenizer,
  packedBatch,
  type Qwen3,
  saveAdapter,
  saveGguf,
  scoreLogprobs,
  scoreTargets,
  selectTargets,
  type Tokenizer,
  tokenBatch,
} from '@molrl/qwen3';
import { adamw, linear } from '@molrl/tensor-gpu';
import { dispose, slice, tidy } from '@tensorflow/tfjs-core';
import { type Check, runSuite } from '../qwen3Suite.ts';
import type { SuiteResult } from '../suiteResult.ts';
import { saveVariants } from './adapters.ts';
import { writtenSuite } from './written.ts';

interface Question {
  gguf: string;
  ask: (questions: object) => Record<string, unknown>;
}

/** Prompts of chats; the first is the one whose answer is known by heart. */
export const PROMPTS: readonly string[] = [
  'What is 17 + 25? Answer with the number only.',
  ...['Name three colours.', 'Who wrote Hamlet?', 'Translate "good night" into French.'],
  ...['What is the capital of Estonia?', 'Write a haiku about rain.', 'Is 91 a prime number?'],
  ...['Give me a synonym of "quick".', 'Explain gravity to a child.', 'List the planets.'],
  ...['2 + 2 = ', 'Continue: once upon a time', 'def fibonacci(n):', '¿Dónde está la biblioteca?'],
  ...['Summarise: The cat sat on the mat. It was warm.', 'What rhymes with "blue"?', '🙂?'],
  ...['1, 1, 2, 3, 5, 8, ...', 'How many legs has a spider?', 'Say "yes".'],
];
const GREEDY = 10;
const TOKENS = 64;
const WRITTEN = ['F16', 'BF16', 'Q8_0'] as const;
const LORA = { lr: 1e-3, steps: 10 };

/** `[vocabulary]`: logits after the last token. */
export function lastLogits(model: Qwen3, ids: readonly number[]): Float32Array {
  const logits = tidy(() => {
    const hidden = model.forward(tokenBatch([{ ids: [...ids] }], { padId: 0 }));
    const [, T, H] = hidden.shape as [number, number, number];
    return linear(slice(hidden, [0, T - 1, 0], [1, 1, H]), model.head());
  });
  const values = logits.dataSync<'float32'>().slice();
  logits.dispose();
  return values;
}

/** The model's own chat prompts, as ids. */
export async function promptIds(gguf: string, tokenizer: Tokenizer): Promise<number[][]> {
  const template = await loadChatTemplate(gguf);
  return PROMPTS.map((content) =>
    template.encode([{ role: 'user', content }], tokenizer, { addGenerationPrompt: true }),
  );
}

/** What transformers gives for this file in f32, without Python. */
export function firstTokenSuite(gguf: string): Promise<SuiteResult> {
  return runSuite('first token', async (check) => {
    const [model, tokenizer] = [await loadModel(gguf), await loadTokenizer(gguf)];
    const [prompt] = await promptIds(gguf, tokenizer);
    check.that('46 tokens', prompt!.length === 46, String(prompt!.length));
    const [answer] = await generate(model, [prompt!], { maxTokens: 16, temperature: 0 });
    check.that('id 33', answer!.ids[0] === 33, String(answer!.ids[0]));
    check.within('its log-prob', answer!.logprobs[0]!, -0.8417, 2e-4);
    const text = tokenizer.decode(answer!.ids, { skipSpecial: true });
    check.that('"17 + 25 = 32."', text === '17 + 25 = 32.', JSON.stringify(text));
    model.dispose();
  });
}

/** Weights, logits, greedy ids, a LoRA run, its adapter, and files written, against Python. */
export async function modelSuites({ gguf, ask }: Question): Promise<SuiteResult[]> {
  const folder = await mkdtemp(join(tmpdir(), 'molrl-real-'));
  try {
    const [model, tokenizer] = [await loadModel(gguf), await loadTokenizer(gguf)];
    const prompts = await promptIds(gguf, tokenizer);
    const logits = prompts.map((ids) => lastLogits(model, ids));
    const weights = digests(model);
    const ends = [model.config.eosTokenId ?? []].flat();
    const greedy = await generate(model, prompts.slice(0, GREEDY), {
      maxTokens: TOKENS,
      temperature: 0,
    });
    const scores = await scoreLogprobs(
      model,
      greedy.map(({ ids }, i) => ({ promptIds: prompts[i]!, completionIds: ids })),
    );
    const written = WRITTEN.map((dtype) => join(folder, `${dtype}.gguf`));
    for (const [i, dtype] of WRITTEN.entries()) await saveGguf(model, written[i]!, { dtype });
    const rows = trainingRows(tokenizer);
    const [start, trained] = [join(folder, 'start'), join(folder, 'trained')];
    addLora(model, { r: 8, alpha: 16, seed: 1 });
    await saveAdapter(model, start);
    const losses = await train(model, rows);
    await saveAdapter(model, trained);
    const logitsOfAdapted = () => prompts.slice(0, 5).map((ids) => lastLogits(model, ids));
    const adapted = logitsOfAdapted();
    const variants = await saveVariants(model, folder, {
      train: () => train(model, rows, 3),
      logits: logitsOfAdapted,
    });
    const lora = {
      ...{ start, trained, rows, settings: LORA, prompts: prompts.slice(0, 5) },
      variants: variants.map(({ path }) => path),
    };
    const answers = ask({ prompts, tokens: TOKENS, greedy: GREEDY, ends, lora, written });
    model.dispose();
    return [
      await runSuite('weights', (check) =>
        compareWeights(check, weights, answers.weights as Record<string, string>),
      ),
      await runSuite('logits', (check) =>
        compareLogits(check, logits, answers.logits as number[][]),
      ),
      await runSuite('greedy', (check) => {
        for (const [i, ids] of (answers.greedy as number[][]).entries()) {
          const own = [...greedy[i]!.ids];
          check.that(`ids of prompt ${i}`, own.join() === ids.join(), `${own} instead of ${ids}`);
          check.close(
            `sampler's log-probs ${i} against the trainer's`,
            greedy[i]!.logprobs,
            scores[i]!,
            1e-4,
          );
        }
      }),
      await runSuite('lora', (check) => {
        for (const [step, loss] of (answers.losses as number[]).entries()) {
          check.within(`loss of step ${step}`, losses[step]!, loss, 1e-3);
        }
      }),
      await runSuite('adapter out', (check) => {
        compareLogits(check, adapted, answers.adapted as number[][]);
        for (const [v, theirs] of (answers.variants as number[][][]).entries()) {
          const { name, logits: own } = variants[v]!;
          for (const [i, values] of theirs.entries()) {
            check.close(`${name}: prompt ${i}`, own[i]!, values, 1e-4);
            const moved = values.some((value, k) => Math.abs(value - logits[i]![k]!) > 1e-2);
            check.that(`${name}: prompt ${i} is not the base`, moved);
          }
        }
      }),
      await writtenSuite(WRITTEN, answers.written),
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** sha256 of the f32 values, by name. */
function digests({ parameters }: Qwen3): Record<string, string> {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, value]) => {
      const { buffer, byteOffset, byteLength } = value.dataSync<'float32'>();
      const bytes = new Uint8Array(buffer, byteOffset, byteLength);
      return [name, createHash('sha256').update(bytes).digest('hex')];
    }),
  );
}

function compareWeights(
  check: Check,
  own: Record<string, string>,
  expected: Record<string, string>,
): void {
  check.that(
    'the same names',
    Object.keys(own).sort().join() === Object.keys(expected).sort().join(),
  );
  for (const [name, digest] of Object.entries(expected)) check.that(name, own[name] === digest);
}

function compareLogits(
  check: Check,
  own: readonly Float32Array[],
  expected: readonly number[][],
): void {
  for (const [i, values] of expected.entries()) check.close(`prompt ${i}`, own[i]!, values, 1e-4);
}

interface TrainingRow {
  ids: number[];
  /** 1 where the token has a loss. */
  trained: number[];
}

function trainingRows(tokenizer: Tokenizer): TrainingRow[] {
  return PROMPTS.slice(1, 5).map((prompt, i) => {
    const ids = tokenizer.encode(`<|im_start|>user\n${prompt}<|im_end|>\n<|im_start|>assistant\n`);
    const answer = tokenizer.encode(`${'Ahoy! '.repeat(i + 1)}I do not know.<|im_end|>`);
    return { ids: [...ids, ...answer], trained: [...ids.map(() => 0), ...answer.map(() => 1)] };
  });
}

async function train(
  model: Qwen3,
  rows: readonly TrainingRow[],
  steps: number = LORA.steps,
): Promise<number[]> {
  const optimizer = adamw(model.trainable(), {
    learningRate: LORA.lr,
    betas: [0.9, 0.999],
    eps: 1e-8,
    weightDecay: 0,
  });
  const sequences = rows.map(({ ids, trained }) => ({
    ids,
    roles: trained.map((is) => (is === 1 ? ('assistant' as const) : ('ignore' as const))),
  }));
  const losses: number[] = [];
  for (let step = 0; step < steps; step++) {
    const batch = packedBatch(sequences);
    const { logprobs, backward } = await scoreTargets(
      model,
      batch,
      selectTargets(batch, sequences),
    );
    losses.push(-logprobs.reduce((sum, x) => sum + x, 0) / logprobs.length);
    const gradients = backward({ logprobs: logprobs.map(() => -1 / logprobs.length) });
    await optimizer.step(gradients, { maxGradNorm: 1 });
    dispose(gradients);
  }
  optimizer.dispose();
  return losses;
}
