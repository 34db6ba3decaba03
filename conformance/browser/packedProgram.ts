/**
 * A program that uses all five packages: a tiny model answers an environment, one update follows from the rewards, a kernel
 * written in TypeScript runs. `globalThis.packedResult` promises its numbers as JSON, `globalThis.packedThreads` is how
 * many threads computed them.
 *
 * @param imports - Lines before it. @param options - What `openDevice('cpu', …)` gets, as source text.
 */
export const packedProgram = (imports: string, options: string): string => `${imports}
import { collect, defineEnvironment } from '@molrl/ef-env';
import { dapoLoss, groupAdvantages } from '@molrl/grpo';
import { molLoss } from '@molrl/mol-loss';
import { createQwen3, generate, packedBatch, scoreTargets, selectTargets, TINY_CONFIG } from '@molrl/qwen3';
import { adamw, defineKernel, openDevice } from '@molrl/tensor-gpu';
import { mul, tensor1d } from '@tensorflow/tfjs-core';

const PROMPT = [5, 6, 7];
const LENGTH = 4;

const even = defineEnvironment({
  name: 'even',
  reset: () => ({ observation: 'An even number.', state: null }),
  step: (_, action) => ({ feedback: '', reward: Number(action) % 2 === 0 ? 1 : 0, done: true }),
});

async function run() {
  const device = await openDevice('cpu', ${options});
  globalThis.packedThreads = device.threads;
  const model = createQwen3(TINY_CONFIG, { seed: 1 });
  const policy = {
    generate: async (conversations) => {
      const seeds = conversations.map((_, seed) => seed);
      const prompts = conversations.map(() => PROMPT);
      const completions = await generate(model, prompts, { maxTokens: LENGTH, temperature: 1, seeds });
      return completions.map(({ ids }) => (
        { speaker: 'assistant', kind: 'policy', turn: 0, text: String(ids[0]), tokens: { ids } }
      ));
    },
  };
  const tasks = [1, 2, 3, 4, 5, 6, 7, 8];
  const episodes = await collect(even, policy, { tasks, seed: 0, maxTurns: 1, maxTokens: LENGTH });
  const rewards = episodes.map(({ reward }) => reward);
  const sequences = episodes.map(({ segments }) => {
    const ids = [...PROMPT, ...segments.find(({ kind }) => kind === 'policy').tokens.ids];
    return { ids, roles: ids.map((_, at) => (at < PROMPT.length ? 'ignore' : 'environment')) };
  });
  const batch = packedBatch(sequences);
  const targets = selectTargets(batch, sequences);
  const { logprobs, backward } = await scoreTargets(model, batch, targets);
  const advantages = groupAdvantages(rewards, { numGenerations: 8 });
  const completionMask = Array.from(logprobs, () => 1);
  const { gradient } = dapoLoss({ logprobs, advantages, completionMask, sequenceLength: LENGTH }, {});
  const roles = Array.from(logprobs, () => 'environment');
  const mixture = molLoss({ logprobs, kl: Array.from(logprobs, () => 0), roles }, { alpha: 1 }).loss;
  const optimizer = adamw(model.trainable(), { learningRate: 0.01 });
  const { gradNorm } = await optimizer.step(backward({ logprobs: gradient }), { maxGradNorm: 1 });
  const [after] = await generate(model, [PROMPT], { maxTokens: 8, temperature: 1, seeds: [9] });
  const square = defineKernel({ name: 'square', forward: (x) => x * x, reference: (x) => mul(x, x) });
  await square.ready(); // loads what compiles kernels
  const squares = [...(await square(tensor1d([2, 3])).data())];
  device.dispose();
  return JSON.stringify({ rewards, logprobs: [...logprobs], mixture, gradNorm, after: [...after.ids], squares });
}

globalThis.packedResult = run();
`;
