/**
 * What rounding the weights to bf16 or to blocks does to log-probs: the model with rounded weights samples, the model as it
 * is scores the same tokens, as a trainer would. Printed for each type, and for the weights as they are (rounding of f32
 * alone). Published weights are bf16 already, so the model has made one AdamW step, as in training.
 *
 *     pnpm --filter @molrl/bench exec node --conditions=@molrl/source --import tsx quantizedLogprobs.ts [MODEL_FOLDER]
 */
import {
  generate,
  loadModel,
  packedBatch,
  type Qwen3,
  scoreTargets,
  selectTargets,
} from '@molrl/qwen3';
import { adamw, openCpu, type QuantizedDtype, quantize } from '@molrl/tensor-gpu';
import { dispose, tensor, type Variable } from '@tensorflow/tfjs-core';
import { randomIds } from './ours/benchModel.ts';

const [PROMPTS, PROMPT, TOKENS] = [32, 4, 32];
const TYPES: readonly (Rounding | 'f32')[] = ['f32', 'bf16', 'q8_0', 'q4_1', 'q4_0'];
type Rounding = QuantizedDtype | 'bf16';

/** Moves every weight by about the rate: what is trained is no number of bf16. */
async function stepOnce(model: Qwen3): Promise<void> {
  const ids = randomIds(1, 64, model.config.vocabSize);
  const sequences = [{ ids, roles: Array.from(ids, () => 'assistant' as const) }];
  const batch = packedBatch(sequences);
  const targets = selectTargets(batch, sequences);
  const { logprobs, backward } = await scoreTargets(model, batch, targets);
  const optimizer = adamw(model.trainable(), { learningRate: 1e-4 });
  const gradients = backward({ logprobs: logprobs.map(() => -1 / logprobs.length) });
  await optimizer.step(gradients);
  dispose(gradients);
  optimizer.dispose();
}

/** To the nearest number of 8 significant bits, ties to even. */
function toBf16(values: Float32Array): Float32Array {
  const bits = new Uint32Array(values.slice().buffer);
  for (let i = 0; i < bits.length; i++) {
    const word = bits[i]!;
    bits[i] = (word + 0x7fff + ((word >>> 16) & 1)) & 0xffff0000;
  }
  return new Float32Array(bits.buffer);
}

/** Values of a matrix as the type holds them. */
function roundedValues(parameter: Variable, type: Rounding): Float32Array {
  if (type === 'bf16') return toBf16(parameter.dataSync<'float32'>());
  const rounded = quantize(parameter, type);
  const values = rounded.dataSync();
  rounded.dispose();
  return values;
}

/** Puts every matrix's rounded values in its place; a row whose width 32 does not divide stays. */
function roundWeights(model: Qwen3, type: Rounding): void {
  for (const parameter of Object.values(model.parameters)) {
    const { shape } = parameter;
    if (shape.length !== 2 || shape[1]! % 32 !== 0) continue;
    const values = tensor(roundedValues(parameter, type), shape, 'float32');
    parameter.assign(values);
    values.dispose();
  }
}

async function differences(folder: string, type: Rounding | 'f32'): Promise<number[]> {
  const [model, rounded] = [await loadModel(folder), await loadModel(folder)];
  for (const one of [model, rounded]) await stepOnce(one);
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
