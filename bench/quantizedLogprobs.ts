/**
 * What rounding the weights to blocks does to log-probs: the model with rounded weights samples, the model as it is scores
 * the same tokens, as a trainer would. Printed for each type, and for the weights as they are (rounding of f32 alone).
 *
 *     pnpm --filter @molrl/bench exec node --conditions=@molrl/source --import tsx quantizedLogprobs.ts [MODEL_FOLDER]
 */
import {
  generate,
  loadQwen3,
  packedBatch,
  type Qwen3,
  scoreTargets,
  selectTargets,
} from '@molrl/qwen3';
import { openCpu, type QuantizedDtype, quantize } from '@molrl/tensor-gpu';
import { tensor } from '@tensorflow/tfjs-core';
import { randomIds } from './ours/benchModel.ts';

const [PROMPTS, PROMPT, TOKENS] = [32, 4, 32];
const TYPES: readonly (QuantizedDtype | 'f32')[] = ['f32', 'q8_0', 'q4_1', 'q4_0'];

/** Puts every matrix's rounded values in its place; a row whose width 32 does not divide stays. */
function roundWeights(model: Qwen3, type: QuantizedDtype): void {
  for (const parameter of Object.values(model.parameters)) {
    const { shape } = parameter;
    if (shape.length !== 2 || shape[1]! % 32 !== 0) continue;
    const rounded = quantize(parameter, type);
    const values = tensor(rounded.dataSync(), shape, 'float32');
    parameter.assign(values);
    values.dispose();
    rounded.dispose();
  }
}

async function differences(folder: string, type: QuantizedDtype | 'f32'): Promise<number[]> {
  const [model, rounded] = [await loadQwen3(folder), await loadQwen3(folder)];
  if (type !== 'f32') roundWeights(rounded, type);
  const ids = randomIds(PROMPTS, PROMPT, model.config.vocabSize);
  const prompts = Array.from({ length: PROMPTS }, (_, p) =>
    ids.slice(p * PROMPT, (p + 1) * PROMPT),
  );
  const sampled = await generate(rounded, prompts, { maxTokens: TOKENS, seed: 1, eosIds: [] });
  const sequences = sampled.map((completion, p) => ({
    ids: [...prompts[p]!, ...completion.ids],
    roles: [
      ...new Array<'ignore'>(PROMPT).fill('ignore'),
      ...Array.from(completion.ids, () => 'assistant' as const),
    ],
  }));
  const batch = packedBatch(sequences);
  const scored = await scoreTargets(model, batch, selectTargets(batch, sequences));
  scored.dispose();
  const behavior = sampled.flatMap(({ logprobs }) => Array.from(logprobs));
  for (const one of [model, rounded]) one.dispose();
  return Array.from(scored.logprobs, (logprob, i) => behavior[i]! - logprob);
}

await openCpu();
const folder = process.argv[2] ?? new URL('../examples/mol-rl/base', import.meta.url).pathname;
console.log(
  `${folder}: ${PROMPTS} completions of ${TOKENS} tokens, log-prob of sampler less that of trainer`,
);
for (const type of TYPES) {
  const gaps = await differences(folder, type);
  const mean = gaps.reduce((sum, gap) => sum + Math.abs(gap), 0) / gaps.length;
  const most = gaps.reduce((top, gap) => Math.max(top, Math.abs(gap)), 0);
  const kl = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
  console.log(
    `${type.padEnd(5)} mean |difference| ${mean.toExponential(2)}  largest ${most.toExponential(2)}  mean (KL, k1) ${kl.toExponential(2)}`,
  );
}
process.exit(0);
