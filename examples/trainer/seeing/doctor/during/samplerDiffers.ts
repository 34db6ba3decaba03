import { type Check, type DuringRun, metric } from '../check.ts';

/** Rounding is 1e-5 with one engine; beyond these the gradient is of another distribution. */
const MEAN = 0.01;
const WORST = 1;

/** Ratios are to what the sampler says it drew from. */
export const samplerDiffers: Check<DuringRun> = ({ settings, updates }) => {
  const of = (what: string) =>
    metric(updates.at(-1), `sampling/sampling_logp_difference/${what}`) ?? 0;
  const [mean, worst] = [of('mean'), of('max')];
  if (mean <= MEAN && worst <= WORST) return undefined;
  const stale = metric(updates.at(-1), 'staleness/max') ?? 0;
  if (stale > 0) {
    return settings.grpo.samplerCorrection === 'none'
      ? `rollouts are up to ${stale} updates older than the weights that learn from them, their log-probs ${mean.toPrecision(2)} nats off on average, and nothing corrects for it: set --sampler-correction token_truncate, or a smaller --max-staleness.`
      : undefined;
  }
  const fix =
    settings.grpo.temperature === 1
      ? 'Sampler and trainer do not compute the same model: compare with --kernels wasm, and report it.'
      : `Set --temperature 1 (it is ${settings.grpo.temperature}), where both describe one distribution.`;
  return `log-probs of sampler and trainer differ by ${mean.toPrecision(2)} nats on average, ${worst.toPrecision(2)} at most: updates are off-policy without a correction. ${fix}`;
};
