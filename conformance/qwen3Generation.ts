import { join } from 'node:path';
import {
  generate,
  loadModel,
  parseConfig,
  type Qwen3,
  readSafetensors,
  ropeTables,
  scoreLogprobs,
} from '@molrl/qwen3';
import { samplingProbabilities } from '@molrl/tensor-gpu';
import { readJsonFile } from './qwen3Case.ts';
import { type Check, runSuite } from './qwen3Suite.ts';
import type { SuiteResult } from './suiteResult.ts';

interface GenerationCase {
  model: string;
  prompts: number[][];
  new_tokens: number;
  greedy: number[][];
  eos: { eos_token_id: number; greedy: number[][] };
  repetition_penalty: { penalty: number; greedy: number[][] };
  scoring: ({ prompt: number[]; continuation: number[] } & Record<string, number[]>)[];
}

/** Greedy ids must match exactly (margins are far above rounding); given continuations are scored. */
export function generationSuite(root: string, name: string): Promise<SuiteResult> {
  return runSuite(`generation/${name}`, async (check) => {
    const golden = await readJsonFile<GenerationCase>(root, 'generation', `${name}.json`);
    const model = await loadModel(join(root, golden.model));
    const { prompts, new_tokens: maxTokens, eos, repetition_penalty: repetition } = golden;
    const greedy = { maxTokens, temperature: 0 };
    await checkIds(check, 'greedy', { model, prompts, options: greedy, expected: golden.greedy });
    for (const [i, prompt] of prompts.entries()) {
      const alone = { model, prompts: [prompt], options: greedy, expected: [golden.greedy[i]!] };
      await checkIds(check, `greedy, prompt ${i} alone`, alone);
    }
    const cut = eos.greedy.map((ids) => throughStop(ids, eos.eos_token_id));
    const ended = { ...greedy, eosIds: [eos.eos_token_id] };
    await checkIds(check, 'eos', { model, prompts, options: ended, expected: cut });
    const penalised = { ...greedy, repetitionPenalty: repetition.penalty };
    await checkIds(check, 'repetition penalty', {
      ...{ model, prompts, options: penalised },
      expected: repetition.greedy,
    });
    for (const temperature of [1, 0.7]) {
      const sequences = golden.scoring.map((row) => ({
        promptIds: row.prompt,
        completionIds: row.continuation,
      }));
      const scores = await scoreLogprobs(model, sequences, { temperature });
      const key = `logprobs_t${temperature.toFixed(1)}`;
      for (const [i, row] of golden.scoring.entries()) {
        check.close(`${key} of sequence ${i}`, scores[i]!, row[key]!, 2e-5);
      }
    }
    model.dispose();
  });
}

/** A call of `generate`, and what it must give. */
interface Greedy {
  model: Qwen3;
  prompts: number[][];
  options: Parameters<typeof generate>[2];
  expected: number[][];
}

async function checkIds(
  check: Check,
  what: string,
  { model, prompts, options, expected }: Greedy,
): Promise<void> {
  const completions = await generate(model, prompts, options);
  const scores = await scoreLogprobs(
    model,
    completions.map(({ ids }, i) => ({ promptIds: prompts[i]!, completionIds: ids })),
  );
  for (const [i, { ids, logprobs }] of completions.entries()) {
    const isSame = [...ids].join() === expected[i]!.join();
    check.that(`${what}, ids ${i}`, isSame, `${[...ids]} instead of ${expected[i]}`);
    check.close(
      `${what}, sampler's log-probs ${i} against the trainer's`,
      logprobs,
      scores[i]!,
      2e-5,
    );
  }
}

/** The reference fills up with padding after the stop token; we end with it. */
function throughStop(ids: number[], stop: number): number[] {
  const at = ids.indexOf(stop);
  return at < 0 ? ids : ids.slice(0, at + 1);
}

interface SamplingCase {
  logits: (number | string)[][];
  history: number[][];
  history_mask: number[][];
  cases: {
    settings: Record<string, number>;
    rows_decided_by_tie_order: number[];
    probs: number[][];
  }[];
}

/** Probabilities after each combination of sampling filters. */
export function samplingSuite(root: string): Promise<SuiteResult> {
  return runSuite('generation/sampling', async (check) => {
    const golden = await readJsonFile<SamplingCase>(root, 'generation', 'sampling.json');
    for (const { settings, rows_decided_by_tie_order: ties, probs } of golden.cases) {
      for (const [row, expected] of probs.entries()) {
        if (ties.includes(row)) continue;
        const actual = samplingProbabilities(
          golden.logits[row]!.map((x) => (x === '-inf' ? Number.NEGATIVE_INFINITY : Number(x))),
          {
            temperature: settings.temperature ?? 1,
            topK: settings.top_k,
            topP: settings.top_p,
            minP: settings.min_p,
            repetitionPenalty: settings.repetition_penalty,
          },
          { seen: golden.history[row]!.filter((_, i) => golden.history_mask[row]![i] === 1) },
        );
        check.close(`${JSON.stringify(settings)}, row ${row}`, actual, expected, 2e-6);
      }
    }
  });
}

interface RopeCase {
  rope_parameters: { rope_type: string; rope_theta: number } & Record<string, unknown>;
}

/** Of any model: only its rotary settings are read. */
const SIZES = {
  ...{ model_type: 'qwen3', vocab_size: 8, hidden_size: 8, intermediate_size: 8 },
  ...{ num_hidden_layers: 1, num_attention_heads: 1 },
};

/** Rotary tables at real sizes, against transformers' f32 arithmetic. */
export function ropeSuite(root: string, name: string): Promise<SuiteResult> {
  return runSuite(`rope/${name}`, async (check) => {
    const golden = await readSafetensors(join(root, 'rope', 'tables.safetensors'));
    const info = await readJsonFile<Record<string, RopeCase>>(root, 'rope', 'case.json');
    const positions = golden.positions!.data;
    const half = golden[`${name}.inv_freq`]!.shape[0]!;
    const { rope_parameters } = info[name]!;
    const { ropeTheta: theta, ropeScaling: scaling } = parseConfig({ ...SIZES, rope_parameters });
    const rows = Math.max(...positions) + 1;
    const tables = ropeTables({ headDim: 2 * half, theta, positions: rows, scaling });
    for (const kind of ['cos', 'sin'] as const) {
      for (const [row, position] of positions.entries()) {
        const ours = tables[kind].subarray(position * half, (position + 1) * half);
        const theirs = golden[`${name}.${kind}`]!.data.subarray(row * half, (row + 1) * half);
        // Tables computed in f64 are 1e-4 to 5e-3 off at the far positions: this tells them apart.
        // One frequency of 64 differs by one unit in the last place (two libraries' pow).
        check.close(`${kind} at ${position}`, ours, theirs, 2e-7 + position * 1e-9);
      }
    }
  });
}
