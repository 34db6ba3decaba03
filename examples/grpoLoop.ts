// GRPO (Shao et al. 2024, https://arxiv.org/abs/2402.03300), the whole loop: rollouts, advantages, loss, update.
//
//     A[p, g] = (R[p, g] - mean(R[p, :])) / (std(R[p, :]) + 1e-4)
//     L       = - sum over sampled tokens of ratio * A / tokens
//
// Departs from the paper: strictly on-policy (one update per batch of rollouts, so ratio = 1 and nothing is clipped),
// no KL to a reference (beta 0), the mean is over the tokens of the batch (DAPO) instead of each answer's own.
//
//     node --conditions=@molrl/source --import tsx examples/grpoLoop.ts [steps]
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';
import type { Environment, Policy, Random, Segment, Trajectory } from '@molrl/ef-env';
import { codewords, codewordsTask, collect, createRandom } from '@molrl/ef-env';
import {
  behaviorMismatch,
  explainStep,
  groupAdvantages,
  logprobMismatch,
  policyLoss,
  rewardMetrics,
} from '@molrl/grpo';
import {
  type LanguageModel,
  loadModel,
  loadTokenizer,
  packedBatch,
  qwen3Policy,
  renderSegments,
  type SegmentTokens,
  scoreTargets,
  selectTargets,
} from '@molrl/qwen3';
import { adamw, openCpu } from '@molrl/tensor-gpu';
import { dispose } from '@tensorflow/tfjs-core';

export interface GrpoLoop<Task> {
  /** What is trained: any object with `forward`, `head` and `trainable`. */
  model: LanguageModel;
  /** The same model as a player: conversations in, sampled segments out. */
  policy: Policy;
  environment: Environment<Task>;
  nextTask(random: Random): Task;
  /** An episode as tokens: the ids that were sampled, exactly, and which of them the model sampled itself. */
  toTokens(segments: readonly Segment[]): { ids: ArrayLike<number>; sampled: ArrayLike<number> };
  steps: number;
  /** P */
  prompts: number;
  /** G */
  numGenerations: number;
  maxTokens: number;
  learningRate: number;
  seed: number;
}

/** Yields after every update. */
export async function* grpoLoop<Task>(
  loop: GrpoLoop<Task>,
): AsyncGenerator<{ step: number; metrics: Record<string, number>; advice: string[] }> {
  const { model, policy, environment, numGenerations, maxTokens, learningRate } = loop;
  const optimizer = adamw(model.trainable(), { learningRate, weightDecay: 0 });
  const random = createRandom(loop.seed);
  for (let step = 1; step <= loop.steps; step++) {
    // 1. Rollouts: G attempts at each of P tasks, prompt-major.
    const tasks = Array.from({ length: loop.prompts }, () => loop.nextTask(random));
    const rollouts = await collect(environment, policy, {
      tasks,
      groupSize: numGenerations,
      maxTokens,
      temperature: 1,
      seed: random.integer(2 ** 32),
    });

    // 2. How much better each attempt was than its siblings.
    const rewards = rollouts.map(({ reward }) => reward);
    const advantages = groupAdvantages(rewards, { numGenerations });

    // 3. Log-probs of what was sampled, under the forward pass that training uses.
    const sequences = rollouts.map(({ segments }) => {
      const { ids, sampled } = loop.toTokens(segments);
      return { ids, roles: Array.from(sampled, (own) => (own ? 'assistant' : 'ignore')) };
    });
    const batch = packedBatch(sequences);
    const targets = selectTargets(batch, sequences);
    const { logprobs, backward } = await scoreTargets(model, batch, targets);
    const sampling = samplingMismatch(logprobs, rollouts);

    // 4. The loss is plain numbers: print it, change it. Its gradient goes back through the tape.
    const { sequenceIds } = targets;
    const { loss, gradient, metrics } = policyLoss(
      { logprobs, advantages, sequenceIds },
      { lossType: 'dapo' },
    );
    const gradients = backward({ logprobs: gradient });

    // 5. The update.
    const { gradNorm } = await optimizer.step(gradients, { maxGradNorm: 1 });
    dispose(gradients);
    Object.assign(metrics, sampling, rewardMetrics(rewards, { numGenerations }), {
      loss,
      grad_norm: gradNorm,
    });
    yield { step, metrics, advice: explainStep(metrics) };
  }
  optimizer.dispose();
}

/** Whether the tokens come from the distribution that is trained: other weights (int8), or filters (top-p), are told here. */
function samplingMismatch(logprobs: Float32Array, rollouts: readonly Trajectory[]) {
  const sampled: SegmentTokens[] = rollouts.flatMap(({ segments }) =>
    segments.flatMap(({ tokens }) => tokens ?? []),
  );
  const all = (name: 'logprobs' | 'behaviorLogprobs'): number[] =>
    sampled.flatMap((tokens) =>
      Array.from(tokens[name] ?? new Float32Array(tokens.ids.length).fill(Number.NaN)),
    ); // not told
  const own = all('logprobs');
  return { ...logprobMismatch(logprobs, own), ...behaviorMismatch(own, all('behaviorLogprobs')) };
}

// Run by itself: invented words, each one of eight operations on four digits. `4876 rav` -> `8764`: nobody says what
// `rav` means, the model has to find it out by reward alone.
if (argv[1] === fileURLToPath(import.meta.url)) {
  await openCpu();
  const folder = fileURLToPath(new URL('mol-rl/base', import.meta.url));
  const [model, tokenizer] = [await loadModel(folder), await loadTokenizer(folder)];
  const loop = grpoLoop({
    model,
    policy: qwen3Policy(model, tokenizer, { format: 'recipe' }),
    environment: codewords({ feedback: 'none' }),
    nextTask: (random) => codewordsTask(random, { split: 'train', maxWords: 1 }),
    toTokens: (segments) => renderSegments(segments, tokenizer, { format: 'recipe' }),
    steps: Number(argv[2] ?? 30),
    prompts: 16,
    numGenerations: 16,
    maxTokens: 40,
    learningRate: 5e-4,
    seed: 1,
  });
  for await (const { step, metrics, advice } of loop) {
    if (step > 2 && step % 10 !== 0) continue;
    process.stdout.write(`step ${step}  reward ${metrics.reward?.toFixed(3)}\n`);
    for (const sentence of advice) process.stdout.write(`  ${sentence}\n`);
  }
  process.exit();
}
