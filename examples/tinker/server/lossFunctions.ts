import { RequestError } from '../../server/requestError.ts';
import type { Datum } from '../protocol/forwardBackward.ts';

/** Of each token of a datum. */
export interface TokenLoss {
  /** `elementwise_loss`: times the token's weight, divided by nothing. */
  losses: Float32Array;
  /** dLoss/dlogprob of it. */
  gradient: Float64Array;
  /** Sum of the weights. */
  weight: number;
}

/** A token as a loss function sees it: `ratio` is `exp(logprob - old)`. */
interface Token {
  logprob: number;
  ratio: number;
  advantage: number;
  low: number;
  high: number;
}

interface LossFunction {
  /** Names of the numbers of each token that it cannot do without. */
  needs: readonly string[];
  /** Names of its settings. */
  settings: readonly string[];
  of(token: Token): { loss: number; gradient: number };
}

const THRESHOLDS = ['clip_low_threshold', 'clip_high_threshold'];
const POLICY = ['logprobs', 'advantages'];

const clip = (ratio: number, { low, high }: Token): number => Math.min(Math.max(ratio, low), high);

/**
 *     cross_entropy        -log p
 *     importance_sampling  -r A                           r = p / p_sampler
 *     ppo                  -min(r A, clip(r, low, high) A)
 *     cispo                -clip(r, low, high) A log p    the clipped ratio has no gradient
 *
 * all times the token's weight. As SkyRL 0.4.0 computes them.
 */
const LOSS_FUNCTIONS: Record<string, LossFunction> = {
  cross_entropy: {
    ...{ needs: [], settings: [] },
    of: ({ logprob }) => ({ loss: -logprob, gradient: -1 }),
  },
  importance_sampling: {
    ...{ needs: POLICY, settings: [] },
    of: ({ ratio, advantage }) => ({ loss: -ratio * advantage, gradient: -ratio * advantage }),
  },
  ppo: {
    ...{ needs: POLICY, settings: THRESHOLDS },
    of(token) {
      const { ratio, advantage } = token;
      const [free, clipped] = [ratio * advantage, clip(ratio, token) * advantage];
      return free <= clipped ? { loss: -free, gradient: -free } : { loss: -clipped, gradient: 0 };
    },
  },
  cispo: {
    ...{ needs: POLICY, settings: THRESHOLDS },
    of(token) {
      const weight = clip(token.ratio, token) * token.advantage;
      return { loss: -weight * token.logprob, gradient: -weight };
    },
  },
};

/** What a token weighs that nobody weighed. */
const USUAL_WEIGHT = 1;
const [USUAL_LOW, USUAL_HIGH] = [0.8, 1.2];

/** @throws {RequestError} 422 for a loss that is not known, 400 for settings that it has not. */
export function lossFunction(name: string, config: Record<string, number>): LossFunction {
  const known = Object.keys(LOSS_FUNCTIONS);
  const found = Object.hasOwn(LOSS_FUNCTIONS, name) ? LOSS_FUNCTIONS[name] : undefined;
  if (!found) throw new RequestError(422, `loss_fn is '${name}', known are ${known.join(', ')}.`);
  const odd = Object.keys(config).find((setting) => !found.settings.includes(setting));
  if (odd !== undefined) {
    const has = found.settings.join(', ') || 'none';
    throw new RequestError(400, `loss_fn_config has '${odd}'; settings of ${name}: ${has}.`);
  }
  return found;
}

/** @throws {RequestError} 400 where a number of a token is missing, or one too many. */
export function checkDatum(
  { tokens, lossInputs }: Datum,
  { needs }: Pick<LossFunction, 'needs'>,
  { index, vocabSize }: { index: number; vocabSize: number },
): void {
  const fail = (what: string): never => {
    throw new RequestError(400, `datum ${index}: ${what}`);
  };
  if (tokens.length === 0) fail('model_input has no token.');
  const required = ['target_tokens', ...needs];
  for (const name of required)
    if (!Object.hasOwn(lossInputs, name)) fail(`loss_fn_inputs has no ${name}.`);
  for (const [name, values] of Object.entries(lossInputs)) {
    if (!required.includes(name) && name !== 'weights')
      fail(`loss_fn_inputs has ${name}, which this loss does not read.`);
    if (values.length !== tokens.length)
      fail(`${name} has ${values.length} numbers for ${tokens.length} tokens of model_input.`);
    const odd = Array.from(values).findIndex((value) => !Number.isFinite(value));
    if (odd >= 0) fail(`${name} is ${values[odd]} at ${odd}.`);
  }
  for (const ids of [tokens, lossInputs.target_tokens!]) {
    const odd = Array.from(ids).find((id) => id < 0 || id >= vocabSize);
    if (odd !== undefined) fail(`token ${odd} is not among the ${vocabSize} of the model.`);
  }
}

/** The loss of a datum whose log-probs are known. */
export function tokenLoss(
  { of }: Pick<LossFunction, 'of'>,
  { lossInputs }: Datum,
  { logprobs, config }: { logprobs: Float32Array; config: Record<string, number> },
): TokenLoss {
  const { weights, logprobs: old, advantages } = lossInputs;
  const { clip_low_threshold: low = USUAL_LOW, clip_high_threshold: high = USUAL_HIGH } = config;
  const losses = new Float32Array(logprobs.length);
  const gradient = new Float64Array(logprobs.length);
  let sum = 0;
  for (const [i, logprob] of logprobs.entries()) {
    const weight = weights?.[i] ?? USUAL_WEIGHT;
    sum += weight;
    if (weight === 0) continue; // a ratio there may be infinite
    const ratio = old ? Math.exp(logprob - old[i]!) : 1;
    const own = of({ logprob, ratio, advantage: advantages?.[i] ?? 0, low, high });
    losses[i] = weight * own.loss;
    gradient[i] = weight * own.gradient;
  }
  return { losses, gradient, weight: sum };
}
