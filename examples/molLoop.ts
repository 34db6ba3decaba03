// MoL (MoL-RL, https://arxiv.org/abs/2507.20278, stage 1), the whole loop: learn what an environment says to attempts,
// stay what you were everywhere else.
//
//     L = CE(feedback) + alpha (KL(own turns) + KL(general text))     KL(model || frozen base), over the vocabulary
//
// Each term is a mean over sequences of means over tokens. The paper's abstract says CE on feedback and KL on general
// ability; which tokens those are, and alpha, were chosen here: docs/method.md lists every choice and whose it is.
//
//     node --conditions=@molrl/source --import tsx examples/molLoop.ts [steps]
import { readFile } from 'node:fs/promises';
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';
import type { Policy, Random } from '@molrl/ef-env';
import { codewords, codewordsTask, collect, createRandom } from '@molrl/ef-env';
import { molLoss, type Role } from '@molrl/mol-loss';
import type { TrainingSequence } from '@molrl/qwen3';
import {
  type LanguageModel,
  loadModel,
  loadTokenizer,
  packedBatch,
  qwen3Policy,
  renderSegments,
  scoreTargets,
  selectTargets,
} from '@molrl/qwen3';
import { adamw, openCpu } from '@molrl/tensor-gpu';
import { dispose } from '@tensorflow/tfjs-core';

export interface MolLoop {
  /** What is trained: any object with `forward`, `head` and `trainable`. */
  model: LanguageModel;
  /** The frozen base: another copy, or the model itself if it has an adapter to switch off. */
  ref: LanguageModel;
  /** Tokens with roles: `environment` gets CE, `assistant` and `general` KL, `ignore` nothing. */
  episodes: readonly TrainingSequence<Role>[];
  /** General text, drawn fresh for every step. */
  nextGeneral(random: Random): TrainingSequence<Role>;
  /** Weight of both KL terms. */
  alpha: number;
  steps: number;
  /** Episodes per step, and general sequences per step. */
  batchSize: number;
  learningRate: number;
  seed: number;
}

/** Yields after every update. */
export async function* molLoop(
  loop: MolLoop,
): AsyncGenerator<{ step: number; metrics: Record<string, number> }> {
  const { model, ref, episodes, alpha, batchSize, learningRate } = loop;
  const optimizer = adamw(model.trainable(), { learningRate, weightDecay: 0 });
  const random = createRandom(loop.seed);
  for (let step = 1; step <= loop.steps; step++) {
    // 1. Episodes and general text, 1:1, packed one after the other.
    const drawn = Array.from({ length: batchSize }, () => random.choice(episodes));
    const general = Array.from({ length: batchSize }, () => loop.nextGeneral(random));
    const sequences = [...drawn, ...general];
    const batch = packedBatch(sequences);

    // 2. Log-probs of the tokens that have a loss, and at each of them the KL to the base.
    const targets = selectTargets(batch, sequences);
    const scored = await scoreTargets(model, batch, targets, { ref, kl: 'reverse' });

    // 3. The loss is plain numbers: print it, change it. Its gradients go back through the tape.
    const { logprobs, kl } = scored;
    const { roles, sequenceIds } = targets;
    const loss = molLoss({ logprobs, kl, roles, sequenceIds }, { alpha });
    const gradients = scored.backward({ logprobs: loss.logprobGradient, kl: loss.klGradient });

    // 4. The update.
    const { gradNorm } = await optimizer.step(gradients, { maxGradNorm: 1 });
    dispose(gradients);
    yield { step, metrics: { ...loss.metrics, loss: loss.loss, grad_norm: gradNorm } };
  }
  optimizer.dispose();
}

// Run by itself: invented words, each one of eight operations on four digits. A wrong attempt at `4876 rav` is answered
// with `Wrong. Step 1: rav left, not ends. Try again.`; afterwards the model is asked held-out chains without feedback.
if (argv[1] === fileURLToPath(import.meta.url)) {
  await openCpu();
  const at = (path: string): string => fileURLToPath(new URL(`mol-rl/${path}`, import.meta.url));
  const tokenizer = await loadTokenizer(at('base'));
  const [model, base] = [await loadModel(at('base')), await loadModel(at('base'))];
  const policy = qwen3Policy(model, tokenizer, { format: 'recipe' });

  const random = createRandom(1);
  const draw = (count: number, split: 'train' | 'test') =>
    Array.from({ length: count }, () => codewordsTask(random, { split }));
  const trajectories = await collect(codewords(), policy, {
    tasks: draw(96, 'train'),
    maxTurns: 4,
    maxTokens: 56,
    temperature: 1,
    seed: 1,
  });
  const episodes = trajectories.map(({ segments }) =>
    renderSegments(segments, tokenizer, { format: 'recipe' }),
  );

  const text = tokenizer.encode(await readFile(at('text/train.txt'), 'utf8'));
  const nextGeneral = (from: Random): TrainingSequence<Role> => {
    const start = from.integer(text.length - 96);
    return { ids: text.slice(start, start + 96), roles: new Array<Role>(96).fill('general') };
  };

  const questions = draw(64, 'test');
  const accuracy = async (who: Policy): Promise<string> => {
    const answers = await collect(codewords({ feedback: 'none' }), who, {
      tasks: questions,
      maxTokens: 56,
      temperature: 0,
      seed: 1,
    });
    return `${answers.filter(({ reward }) => reward === 1).length}/${answers.length}`;
  };
  process.stdout.write(`held-out chains right, greedy, no feedback: ${await accuracy(policy)}\n`);
  const loop = molLoop({
    model,
    ref: base,
    episodes,
    nextGeneral,
    alpha: 0.3,
    steps: Number(argv[2] ?? 120),
    batchSize: 8,
    learningRate: 1e-3,
    seed: 1,
  });
  for await (const { step, metrics } of loop) {
    if (step > 2 && step % 10 !== 0) continue;
    const [ce, kl] = [metrics['mol/ce'], metrics['mol/kl']];
    process.stdout.write(`step ${step}  CE ${ce?.toFixed(3)}  KL ${kl?.toFixed(4)}\n`);
  }
  process.stdout.write(`held-out chains right, greedy, no feedback: ${await accuracy(policy)}\n`);
  process.exit();
}
