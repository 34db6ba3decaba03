import { type LmHeadOptions, record } from '@molrl/tensor-gpu';
import { dispose, type Tensor, tidy } from '@tensorflow/tfjs-core';
import { Qwen3Error } from '../base/errors.ts';
import { withoutAdapter } from '../lora/withoutAdapter.ts';
import type { LanguageModel, ModelInput } from '../model/languageModel.ts';
import { checkScoring } from './checkScoring.ts';
import { cotangentsOf, type TargetTensors } from './cotangents.ts';
import type { RefInput, ScoredTargets, ScoreTargetsOptions } from './scoredTargets.ts';
import { targetHead } from './targetHead.ts';
import { targetHidden } from './targetHidden.ts';
import type { ScoringInput } from './targetLogprobs.ts';
import type { ChosenTargets } from './targets.ts';

const CALLER = 'scoreTargets';

/**
 * The training step, from tokens to log-probs and back: one forward pass on a tape, then the chunked head on the rows
 * that predict a target. The loss is computed anywhere, in plain numbers; its gradient comes back through `backward`.
 *
 *     logprobs[i] = log softmax(hidden[rows[i]] head^T / temperature)[ids[i]]
 *
 * Targets with a `samplingMask` are scored among the ids that the sampler kept, `logprobs` and `refLogprobs` alike: over
 * the distribution that top-k, top-p or min-p left, so that the ratio to `behaviorLogprobs` is right. Entropy and KL are
 * those of the whole vocabulary in any case.
 *
 * With `refInput` the reference is a teacher: it reads sequences of its own, in which the same completions follow another
 * context, such as the feedback on them.
 *
 * @param model - any object with `forward`, `head` and `trainable`. Gradients are those of `trainable()`.
 * @param batch - of `tokenBatch` or `packedBatch`.
 * @param targets - of `selectTargets`; only `rows`, `ids` and `samplingMask` are read.
 * @throws {Qwen3Error} `option` for a model, a target or an option that cannot be, and for `ref: model` without an
 * adapter; `shape` if arrays or hidden states do not fit.
 *
 * @example
 * const model = createQwen3(TINY_CONFIG, { seed: 1 });
 * const sequences = [{ ids: [5, 1, 36], roles: ['ignore', 'assistant', 'assistant'] }];
 * const batch = packedBatch(sequences);
 * const { logprobs, backward } = await scoreTargets(model, batch, selectTargets(batch, sequences));
 * const gradients = backward({ logprobs: logprobs.map(() => -1 / logprobs.length) }); // mean cross-entropy
 * gradients['model.norm.weight'].shape; // [12]
 */
// biome-ignore lint/complexity/useMaxParams: model, batch and targets are the operands
export async function scoreTargets<const Options extends ScoreTargetsOptions = { ref?: undefined }>(
  model: LanguageModel,
  batch: ModelInput,
  targets: ChosenTargets,
  options?: Options,
): Promise<ScoredTargets<Options>> {
  const asked: ScoreTargetsOptions = options ?? {};
  checkScoring(CALLER, { model, batch, targets }, asked);
  const trainable = asOfNow(() => model.trainable());
  const { tape, refLogprobs, ...tensors } = recordTargets(model, { batch, targets }, asked);
  const free = (): void => {
    tape.dispose();
    dispose([tensors, refLogprobs]);
  };
  try {
    const { logprobs, entropies, kl, balanceLoss } = tensors;
    const [scored, entropy, divergence, balance, ref] = await Promise.all(
      [logprobs, entropies, kl, balanceLoss, refLogprobs].map((tensor) =>
        tensor?.data<'float32'>(),
      ),
    );
    return {
      ...({
        logprobs: scored,
        entropies: entropy,
        kl: divergence,
        balanceLoss: balance?.[0],
        refLogprobs: ref,
      } as ScoredTargets<Options>), // there as the options ask
      backward(gradient) {
        const cotangents = cotangentsOf(tensors, gradient);
        try {
          return tape.backward(cotangents, trainable());
        } finally {
          for (const [, cotangent] of cotangents) cotangent.dispose();
          free();
        }
      },
      dispose: free,
    };
  } catch (error) {
    free();
    throw error;
  }
}

/** The value of now, or its error, whenever it is asked for: a model without anything to train can be scored. */
function asOfNow<T>(read: () => T): () => T {
  try {
    const value = read();
    return () => value;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}

/** The forward pass: the base's outside the tape, the model's on it. */
function recordTargets(
  model: LanguageModel,
  { batch, targets }: ScoringInput,
  asked: ScoreTargetsOptions,
) {
  const { ref, kl, jsdBeta, refInput, entropy, temperature, gradientCheckpointing } = asked;
  const headOf = (of: LanguageModel, hidden: Tensor, options: LmHeadOptions) =>
    targetHead(of, { hidden, targets }, { temperature, ...options });
  const refHidden = ref && tidy(() => refStates(ref, model, refInput ?? { batch, targets }));
  try {
    const refLogprobs = ref && !kl ? tidy(() => headOf(ref, refHidden!, {}).logprobs) : undefined; // there with ref
    const klRef = ref && kl ? { hidden: refHidden!, weight: ref.head() } : undefined;
    const { value, tape } = record((): { [Name in keyof TargetTensors]: Tensor } => {
      const balance = asked.balanceLoss ? balanceCollector() : undefined;
      const { rows } = targets;
      const { onBalanceLoss } = balance ?? {};
      const hidden = targetHidden(model, {
        ...{ caller: CALLER, batch, rows, onBalanceLoss, gradientCheckpointing },
      });
      const divergence = kl === 'jsd' ? { direction: kl, jsdBeta } : { direction: kl };
      const scored = headOf(model, hidden, { entropy, ref: klRef, ...divergence });
      return {
        logprobs: scored.logprobs,
        ...(scored.entropy && { entropies: scored.entropy }),
        ...(scored.kl && { kl: scored.kl }),
        ...(balance && { balanceLoss: balance.loss() }),
      };
    });
    return { ...value, tape, refLogprobs };
  } finally {
    refHidden?.dispose(); // the tape keeps what its gradients need
  }
}

/** What the model hands over while its forward pass runs. */
function balanceCollector(): { onBalanceLoss(loss: Tensor): void; loss(): Tensor } {
  let given: Tensor | undefined;
  return {
    onBalanceLoss: (loss) => {
      given = loss;
    },
    loss() {
      if (given) return given;
      throw new Qwen3Error(
        'option',
        'scoreTargets: balanceLoss is for models with experts, and this one called onBalanceLoss in its forward pass never.',
      );
    },
  };
}

const refStates = (
  ref: LanguageModel,
  model: LanguageModel,
  { batch, targets, adapter = 'off' }: ScoringInput & Pick<RefInput, 'adapter'>,
): Tensor => {
  const forward = (): Tensor => targetHidden(ref, { caller: CALLER, batch, rows: targets.rows });
  return ref === model && adapter === 'off' ? withoutAdapter(ref, forward) : forward();
};
