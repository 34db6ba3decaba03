import { metricAliases } from '@molrl/grpo';

/** One metric of metrics.jsonl. */
export interface MetricEntry {
  name: string;
  /** What it tells, and where it is worth looking at. */
  meaning: string;
  unit: string;
  trl?: string | undefined;
  verl?: string | undefined;
  primeRl?: string | undefined;
}

type Written = readonly [name: string, unit: string, meaning: string];

/** Those of TRL's GRPOTrainer that have the same name and definition there. */
const TRL: readonly Written[] = [
  ['reward', 'reward', 'Mean reward of the completions that were scored.'],
  ['reward_std', 'reward', 'Its standard deviation over the batch.'],
  [
    'frac_reward_zero_std',
    'share',
    'Completions in groups whose rewards are all equal: they teach nothing.',
  ],
  ['completions/mean_length', 'tokens', 'Mean length of the completions.'],
  ['completions/min_length', 'tokens', 'Length of the shortest.'],
  ['completions/max_length', 'tokens', 'Length of the longest.'],
  [
    'completions/mean_terminated_length',
    'tokens',
    'Mean length of those that ended by themselves.',
  ],
  ['completions/min_terminated_length', 'tokens', 'Length of the shortest of those.'],
  ['completions/max_terminated_length', 'tokens', 'Length of the longest of those.'],
  ['completions/clipped_ratio', 'share', 'Completions that were cut at maxCompletionLength.'],
  ['clip_ratio/region_mean', 'share', 'Tokens whose gradient the clip takes away.'],
  ['clip_ratio/low_mean', 'share', 'Of those, tokens below 1 - epsilon with a negative advantage.'],
  ['clip_ratio/low_min', 'share', 'The least of it in a sequence.'],
  ['clip_ratio/high_mean', 'share', 'Tokens above 1 + epsilonHigh with a positive advantage.'],
  ['clip_ratio/high_max', 'share', 'The most of it in a sequence.'],
  ['cispo_clip_ratio', 'share', "Tokens whose weight CISPO caps (lossType 'cispo')."],
  ['vespo/phi_seq_mean', '1', "Mean weight of a sequence (lossType 'vespo')."],
  ['kl', 'nats', 'KL to the base, k3 estimate, mean over tokens (beta > 0).'],
  [
    'entropy',
    'nats',
    'Entropy of the whole next-token distribution, mean over tokens (entropyCoef).',
  ],
  [
    'loss',
    '1',
    'What the optimiser steps on. In grpo on-policy it is 0 up to rounding: its gradient is not.',
  ],
  ['grad_norm', '1', 'Global norm of the gradient before it is clipped at maxGradNorm.'],
  ['learning_rate', '1', 'Rate of the step, with its schedule.'],
  [
    'sampling/sampling_logp_difference/mean',
    'nats',
    'Mean |log-prob of the sampler - log-prob of the trainer|: rounding, 1e-6 to 1e-5.',
  ],
  ['sampling/sampling_logp_difference/max', 'nats', 'The largest of them.'],
  [
    'sampling/behavior_logp_difference/mean',
    'nats',
    'Mean |log-prob that was drawn from - log-prob of the model|: filters, penalties, ids that are never sampled. Absent where 0.',
  ],
  ['sampling/behavior_logp_difference/max', 'nats', 'The largest of them.'],
  [
    'sampling/importance_sampling_ratio/mean',
    '1',
    'Weight of the correction between sampler and trainer (rolloutCorrection).',
  ],
  ['sampling/importance_sampling_ratio/min', '1', 'The least weight.'],
  ['sampling/importance_sampling_ratio/max', '1', 'The largest weight.'],
];

/** The name of the kind follows. */
const SKILL = 'eval/skill_';

/** Those that only we write, or write otherwise. */
const OWN: readonly Written[] = [
  [
    'sampling/entropy',
    'nats',
    'Mean -log p of the sampled tokens: an estimate of the entropy that costs nothing. Near 0 samples no longer differ.',
  ],
  ['sampling/ess_fraction', 'share', 'Effective sample size of the correction weights.'],
  ['group/frac_mixed', 'share', 'Groups whose rewards differ: those that teach.'],
  ['group/reward_std', 'reward', 'Mean over groups of the standard deviation in them.'],
  [
    'reward/frac_unscored',
    'share',
    'Completions without a reward: their episode ended in an error, or the grader could not judge.',
  ],
  [
    'reward_valid',
    'share',
    'Completions that were scored; the others teach nothing and are no reward of 0.',
  ],
  ['episodes/total', 'episodes', 'Episodes of the update.'],
  ['episodes/errors', 'episodes', 'Those whose environment or reward threw.'],
  ['episodes/timeouts', 'episodes', 'Those that took longer than episodeTimeout.'],
  [
    'episodes/truncated',
    'episodes',
    "Those that outgrew the model's context, or that the environment cut.",
  ],
  ['episodes/unscored', 'episodes', 'Those without a reward.'],
  [
    'staleness/mean',
    'updates',
    'maxStaleness: by how many updates the weights of the rollouts were behind, mean over groups.',
  ],
  ['staleness/max', 'updates', 'The most of it.'],
  [
    'staleness/dropped',
    'groups',
    'Groups dropped since the last update because they got older than maxStaleness: slow ones, so many of them bias what is learned towards short answers.',
  ],
  ['staleness/in_flight', 'groups', 'Groups that were being played, or ready, when it began.'],
  ['sampling/rounds', 'rounds', 'Batches of rollouts that dynamic sampling played (more than 1).'],
  ['rewards/overlong_penalty/mean', 'reward', 'Mean of what overlongCache takes off.'],
  ['policy_loss', '1', 'The loss without its KL and entropy terms.'],
  [
    'ppo_kl',
    'nats',
    'Mean of log p(old) - log p(now) over the tokens: how far the updates on one batch went.',
  ],
  ['entropy_coef', '1', 'Weight of the entropy bonus in this step.'],
  [
    'mean_token_logprob',
    'nats',
    'sft: mean log-prob of the tokens that are learned; its negative is the loss a token.',
  ],
  ['mol/loss', 'nats', 'mol: CE + alpha KL.'],
  ['mol/ce', 'nats', 'Cross-entropy on what the environment said.'],
  ['mol/ce_environment', 'nats', 'The same, in methods with several CE terms.'],
  ['mol/ce_general', 'nats', 'Cross-entropy on general text (replay).'],
  ['mol/ce_tokens', 'tokens', 'Tokens with a CE in this step.'],
  [
    'mol/kl',
    'nats',
    "KL(model || base) over the whole vocabulary, on the model's own turns and general text.",
  ],
  ['mol/kl_assistant', 'nats', "Of it, on the model's own turns."],
  ['mol/kl_general', 'nats', 'Of it, on general text.'],
  ['mol/kl_max', 'nats', 'Its largest token.'],
  ['mol/kl_tokens', 'tokens', 'Tokens with a KL in this step.'],
  ['mol/nll_environment', 'nats', 'Mean -log p of the feedback.'],
  ['mol/nll_assistant', 'nats', "Mean -log p of the model's own turns."],
  ['mol/nll_general', 'nats', 'Mean -log p of general text.'],
  ['replay/ce', 'nats', 'Cross-entropy on general text (replay).'],
  ['num_tokens', 'tokens', 'Sampled tokens of the update (methods of live feedback).'],
  [
    'policy/trained_fraction',
    'share',
    'Tokens with an advantage that is not 0 (controls without feedback).',
  ],
  ['echo/ce', 'nats', 'ECHO: cross-entropy on what the environment said.'],
  [
    'rltf/second_attempts',
    'episodes',
    'RLTF: second attempts, made with the feedback, that are learned from.',
  ],
  [
    'rltf/dropped_fraction',
    'share',
    'RLTF: their tokens that are too unlikely without the feedback and are left out.',
  ],
  [
    'rlsf/flagged_fraction',
    'share',
    'RLSF: sampled tokens that the environment marked with a span.',
  ],
  ['rltf/feedback_ce', 'nats', 'RLTF: cross-entropy on the feedback.'],
  ['sdpg/teacher_kl', 'nats', 'SDPG: KL between the model and the teacher that read the feedback.'],
  [
    'self_distillation/distillation_loss',
    'nats',
    'Mean divergence from the teacher that read the feedback, a token.',
  ],
  [
    'self_distillation/reprompt_sample_fraction',
    'share',
    'Attempts that have a teacher: something was said about them.',
  ],
  ['self_distillation/is_clip_fraction', 'share', 'Tokens whose importance weight is capped.'],
  [
    'self_distillation/teacher_gap',
    'nats',
    "Mean log-prob of the teacher less the model's own, on the sampled tokens.",
  ],
  ['perf/tokens_per_s', 'tokens/s', 'Tokens of the update by the time it took.'],
  ['perf/sample_tokens_per_s', 'tokens/s', 'Sampled tokens by the time that sampling took.'],
  ['perf/rollouts_waited_s', 's', 'maxStaleness: how long the trainer stood still for rollouts.'],
  [
    'perf/rollouts_hidden_s',
    's',
    'maxStaleness: what the slowest of its rollouts took beyond that, while the trainer learned: the time saved.',
  ],
  ['eval/accuracy', 'share', 'Held-out tasks that are right, sampled at eval.temperature.'],
  ['eval/accuracy_greedy', 'share', 'The same, greedy.'],
  ['eval/reward', 'reward', 'Mean reward of the sampled attempts.'],
  ['eval/text_nll', 'nats', 'Mean -log p of held-out general text: what was forgotten.'],
  ['eval/text_kl', 'nats', 'KL(model || base) on that text.'],
  [
    `${SKILL}*`,
    'share',
    'Right greedy answers to questions of a kind that the base masters, where the game has such: what else was forgotten.',
  ],
];

/** What peers call some of those that grpo does not rename itself. */
const ELSEWHERE: Record<string, Pick<MetricEntry, 'trl' | 'verl' | 'primeRl'>> = {
  grad_norm: { verl: 'actor/grad_norm', primeRl: 'optim/grad_norm' },
  learning_rate: { verl: 'actor/lr', primeRl: 'optim/lr' },
  loss: { primeRl: 'loss/mean' },
  mean_token_logprob: { verl: 'train/loss (negative)' },
  'eval/reward': { trl: 'eval_reward' },
  'eval/accuracy': { verl: 'val-core/*/mean@1', primeRl: 'eval/*/avg@1' },
  'perf/tokens_per_s': { verl: 'perf/throughput', primeRl: 'perf/throughput' },
};

/** Every metric that a run may write. */
export const METRICS: readonly MetricEntry[] = [
  ...TRL.map((written) => ({ ...entry(written), trl: written[0] })),
  ...OWN.map(entry),
];

function entry([name, unit, meaning]: Written): MetricEntry {
  const [verl] = Object.keys(metricAliases({ [name]: 0 }, 'verl'));
  const [primeRl] = Object.keys(metricAliases({ [name]: 0 }, 'prime-rl'));
  return { ...{ name, unit, meaning, verl, primeRl }, ...ELSEWHERE[name] };
}

/** Names in rows of metrics.jsonl that have no line on the reference page. */
export function metricsWithoutLine(rows: readonly object[]): string[] {
  const known = new Set(['stage', 'step', ...METRICS.map(({ name }) => name)]);
  return [...new Set(rows.flatMap((row) => Object.keys(row)))].filter(
    (name) => !known.has(name) && !name.startsWith(SKILL),
  );
}
