import type { LanguageModel, ModelInput } from '../model/languageModel.ts';
import type { Gradients } from './gradients.ts';
import type { ChosenTargets } from './targets.ts';

/** What a reference reads that is told more than the model: a teacher. */
export interface RefInput {
  /** Its own sequences: the same tokens to be predicted, after another context. */
  batch: ModelInput;
  /** One for each target of the model, in the same order, with the same id. */
  targets: ChosenTargets;
  /** Whether a `ref` that is the model itself has its adapter on: the same weights now. Default `'off'`: the frozen base. */
  adapter?: 'on' | 'off' | undefined;
}

/** What to compute beside the log-probs. `kl` needs a `ref`. */
export type ScoreTargetsOptions = {
  /** Also the entropy of each position's distribution. Default `false`. */
  entropy?: boolean | undefined;
  /**
   * Also the load-balancing loss of a mixture of experts: one number for the batch, which a trainer adds times the
   * config's `routerAuxLossCoef`. Default `false`.
   */
  balanceLoss?: boolean | undefined;
  /**
   * Keep what goes into a layer only, and compute each layer once more in the backward pass: a model of many layers then
   * takes the memory of one, for about a third more time. The numbers are the same. Default `false`.
   */
  gradientCheckpointing?: boolean | undefined;
  /** Divides all logits before the softmax; give what the sampler used. Default 1. */
  temperature?: number | undefined;
} & (
  | { ref?: undefined; kl?: undefined; jsdBeta?: undefined; refInput?: undefined }
  | {
      /**
       * The frozen base; gets no gradient. The model itself stands for itself with its adapter off, another model is
       * taken as it is. Without `kl` it gives `refLogprobs`.
       */
      ref: LanguageModel;
      /**
       * What `ref` reads. Default: what the model reads. With it `ref` is a teacher, and may be the model itself without
       * an adapter: the same weights now, told more.
       */
      refInput?: RefInput | undefined;
      /** Over the whole vocabulary: `'reverse'` is KL(model || ref), `'forward'` KL(ref || model). */
      kl?: 'reverse' | 'forward' | undefined;
      jsdBeta?: undefined;
    }
  | {
      /** As above. */
      ref: LanguageModel;
      /** As above. */
      refInput?: RefInput | undefined;
      /** The generalised Jensen-Shannon divergence, over the whole vocabulary. (Optional so that a `ref` alone fits.) */
      kl?: 'jsd' | undefined;
      /** Share of `ref` in the mixture, between 0 and 1. Default 0.5. */
      jsdBeta?: number | undefined;
    }
);

/** The number where the options ask for it, else undefined. */
type AskedNumber<Options> = Options extends { balanceLoss: true }
  ? number
  : Options extends { balanceLoss?: false | undefined }
    ? undefined
    : number | undefined;

/** An array where the options ask for it, else undefined. */
type Asked<Options, Name extends string, Value> = Options extends { [N in Name]: Value }
  ? Float32Array
  : Options extends { [N in Name]?: false | undefined }
    ? undefined
    : Float32Array | undefined;

/** Per target, `[N]`, in nats; and the way back. It owns the tape until `backward` or `dispose`. */
export interface ScoredTargets<Options = ScoreTargetsOptions> {
  logprobs: Float32Array;
  entropies: Asked<Options, 'entropy', true>;
  kl: Asked<Options, 'kl', string>;
  /** `E * sum of (share of choices) * (mean probability)` over the experts; see `balanceLoss` in the options. */
  balanceLoss: AskedNumber<Options>;
  /** Under `ref`, if no `kl` was asked for. */
  refLogprobs: Options extends { kl: string } ? undefined : Asked<Options, 'ref', LanguageModel>;
  /**
   * From the loss's gradients to those of the parameters, by name: `optimizer.step` takes them as they are, `tf.dispose`
   * frees them. It may be called long after the forward pass, also after an `await`; once.
   *
   * @throws {Qwen3Error} `option` for a gradient of something that was not scored, `shape` if one has not N entries.
   */
  backward(gradient: TargetGradients): Gradients;
  /** Frees everything without a backward pass. Safe to call twice. */
  dispose(): void;
}

/** dLoss/dlogprobs, dLoss/dentropies and dLoss/dkl at each target, `[N]`; dLoss/dbalanceLoss. What is left out is 0. */
export interface TargetGradients {
  logprobs?: ArrayLike<number> | undefined;
  entropies?: ArrayLike<number> | undefined;
  kl?: ArrayLike<number> | undefined;
  /** Its weight in the loss. */
  balanceLoss?: number | undefined;
}
