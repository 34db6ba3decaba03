// GRPO with a policy that is not a language model: a linear softmax in plain tfjs, on tfjs's own CPU back end.
// What the packages ask of it is one function: conversations in, sampled segments out.
import '@tensorflow/tfjs-backend-cpu';
import { collect, createRandom, defineEnvironment, type Policy } from '@molrl/ef-env';
import { groupAdvantages, policyLoss } from '@molrl/grpo';
import { registerGradients } from '@molrl/tensor-gpu';
import * as tf from '@tensorflow/tfjs-core';

const steps = Number(process.argv[2] ?? 80);
const P = 16; // prompts
const G = 8; // completions per prompt
const T = 2; // tokens per completion: two digits
const V = 10; // vocabulary: the digits

await tf.setBackend('cpu');
await registerGradients(); // tfjs-core brings none in Node

/** Two digits, to be said in reverse. Reward: the share of right digits. */
const reverse = defineEnvironment<{ digits: string }, string>({
  name: 'reverse',
  reset: ({ digits }) => ({ observation: digits, state: [...digits].reverse().join('') }),
  step: (right, said) => ({
    reward: [...right].filter((digit, i) => digit === said[i]).length / T,
    done: true,
  }),
});

/** Both digits one-hot, in; logits of both answer digits, out. */
const weights = tf.variable(tf.zeros([T * V, T * V]));
const inputOf = (digits: readonly string[]): tf.Tensor2D =>
  tf.tidy(() =>
    tf.reshape(
      tf.oneHot(
        digits.map((text) => Array.from(text, Number)),
        V,
      ),
      [digits.length, T * V],
    ),
  );
const logProbsOf = (digits: readonly string[]): tf.Tensor3D =>
  tf.tidy(() =>
    tf.logSoftmax(tf.reshape(tf.matMul(inputOf(digits), weights), [digits.length, T, V])),
  );

const policy: Policy = {
  async generate(prompts, { numGenerations = 1, seed }) {
    const random = createRandom(seed);
    const table = logProbsOf(prompts.map(([question]) => question!.text)); // reverse asks one question
    const values = await table.array();
    table.dispose();
    return prompts.flatMap((_, p) =>
      Array.from({ length: numGenerations }, () => {
        const ids = values[p]!.map((row) => draw(row, random.next())); // one row per position
        const logprobs = ids.map((id, t) => values[p]![t]![id]!); // ids are below V
        return {
          speaker: 'assistant',
          kind: 'policy',
          turn: 0,
          text: ids.join(''),
          tokens: { ids, logprobs },
        } as const;
      }),
    );
  },
};

/** The first id whose cumulated probability exceeds `u`. */
function draw(logprobs: readonly number[], u: number): number {
  let left = u;
  for (const [id, logprob] of logprobs.entries()) {
    left -= Math.exp(logprob);
    if (left < 0) return id;
  }
  return logprobs.length - 1;
}

const optimizer = tf.train.adam(0.1);
const random = createRandom(1);
for (let step = 1; step <= steps; step++) {
  const tasks = Array.from({ length: P }, () => ({
    digits: `${random.integer(10)}${random.integer(10)}`,
  }));
  const rollouts = await collect(reverse, policy, {
    tasks,
    groupSize: G,
    maxTokens: T,
    seed: step,
  });

  const rewards = rollouts.map(({ reward }) => reward);
  const advantages = groupAdvantages(rewards, { numGenerations: G });
  const digits = rollouts.map(({ segments }) => segments[0]!.text); // the question
  const chosen = rollouts.flatMap(({ segments }) => Array.from(segments[1]!.tokens!.ids)); // our policy attaches them
  const logprobsNow = (): tf.Tensor1D =>
    tf.tidy(() =>
      tf.reshape(
        tf.sum(tf.mul(logProbsOf(digits), tf.reshape(tf.oneHot(chosen, V), [P * G, T, V])), -1),
        [-1],
      ),
    );

  // The loss gives dLoss/dlogprobs; a product with it carries the gradient into any tape.
  const { gradient } = policyLoss(
    {
      logprobs: logprobsNow().dataSync(),
      advantages,
      sequenceIds: Array.from({ length: P * G * T }, (_, i) => Math.floor(i / T)),
    },
    { lossType: 'dapo' },
  );
  optimizer.minimize(
    () =>
      tf.tidy(
        () => tf.sum(tf.mul(logprobsNow(), tf.tensor1d(Float32Array.from(gradient)))) as tf.Scalar,
      ),
    false,
    [weights],
  );

  const mean = rewards.reduce<number>((sum, reward) => sum + (reward ?? 0), 0) / rewards.length;
  if (step === 1 || step % 10 === 0 || step === steps)
    process.stdout.write(`step ${step}  reward ${mean.toFixed(3)}\n`);
}
