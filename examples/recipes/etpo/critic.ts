import { type LanguageModel, loadModel, type ScoringInput } from '@molrl/qwen3';
import { embedding, record, selectRows, type Tape } from '@molrl/tensor-gpu';
import * as tf from '@tensorflow/tfjs-core';
import { type Weights, writeWeights } from '../../trainer/method/weights.ts';

/** A language model whose logits are Q: what each next token is worth here. It is another copy of the weights. */
export interface Critic extends LanguageModel {
  dispose(): void;
}

/**
 * A copy of the model with an output matrix of its own, which begins at 0: Q = 0. (The authors' Q begins at the reference's
 * logits; those of this model are tens, its rewards are 1.)
 */
export async function openCritic(source: string, weights: Weights): Promise<Critic> {
  const body = await loadModel(source);
  writeWeights(body.trainable(), weights);
  const [V, H] = body.head().shape as [number, number];
  const head = tf.variable(tf.zeros([V, H]));
  return {
    forward: (batch) => body.forward(batch),
    head: () => head,
    trainable: () => ({ ...body.trainable(), q_head: head }),
    dispose: () => {
      body.dispose();
      head.dispose();
    },
  };
}

/** `target <- rate * target + (1 - rate) * critic` (Polyak). */
export function follow(target: Critic, critic: Critic, rate: number): void {
  const now = critic.trainable();
  for (const [name, own] of Object.entries(target.trainable())) {
    tf.tidy(() => own.assign(tf.add(tf.mul(own, rate), tf.mul(now[name]!, 1 - rate)))); // of one kind
  }
}

/** Q of the tokens that were said, `[N]`, on a tape. Only their logits are computed. */
export function saidQ(
  critic: LanguageModel,
  { batch, targets }: ScoringInput,
): { q: tf.Tensor; tape: Tape } {
  const { value: q, tape } = record(() => {
    const hidden = critic.forward(batch);
    const H = hidden.shape.at(-1)!; // [B, T, H]
    const rows = selectRows(tf.reshape(hidden, [-1, H]), tf.tensor1d(targets.rows, 'int32'));
    const ofTokens = embedding(critic.head() as tf.Tensor, tf.tensor1d(targets.ids, 'int32')); // a critic's is a variable
    return tf.sum(tf.mul(rows, ofTokens), -1);
  });
  return { q, tape };
}

/**
 * The policy that is best where Q is right, rho exp(Q / beta) / Z, as a language model: its logits are those of the reference
 * plus Q / beta, so its hidden states and output matrix are those of both side by side. It is of the weights of now.
 */
export function bestPolicy(
  { ref, critic }: { ref: LanguageModel; critic: LanguageModel },
  beta: number,
): Critic {
  const heads = [ref, critic].map((model) => model.head() as tf.Tensor2D); // neither is frozen
  const head = tf.tidy(() => tf.concat(heads, 1));
  return {
    forward: (batch) => tf.concat([ref.forward(batch), tf.div(critic.forward(batch), beta)], -1),
    head: () => head,
    trainable: () => ({}),
    dispose: () => head.dispose(),
  };
}
