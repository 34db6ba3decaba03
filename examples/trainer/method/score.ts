import {
  type ScoredTargets,
  type ScoreTargetsOptions,
  scoreTargets,
  targetLogprobs,
} from '@molrl/qwen3';
import type { Learner } from './learner.ts';
import type { Scored } from './scored.ts';

/**
 * `scoreTargets` on the learner's model, as its settings ask.
 *
 * @throws {Error} if a log-prob or a divergence is not finite: its row, its token and the tokens before it.
 */
export async function score<const Options extends ScoreTargetsOptions = { ref?: undefined }>(
  learner: Learner,
  scored: Scored,
  options?: Options,
) {
  const { model, gradientCheckpointing, elsewhere } = learner;
  const result = elsewhere
    ? ((await elsewhere.score(scored, options ?? {})) as ScoredTargets<Options>) // has what the options ask for, or refuses
    : await scoreTargets(model, scored.batch, scored.targets, {
        ...(options as Options),
        gradientCheckpointing,
      });
  try {
    const { logprobs, refLogprobs, kl } = result;
    assertFinite(learner, scored, { logprobs, refLogprobs, kl });
  } catch (error) {
    result.dispose();
    throw error;
  }
  return result;
}

/**
 * Log-probs without a way back: of the policy as it is, or of the frozen base.
 *
 * @throws {Error} as `score`.
 */
export async function scoreOnly(
  learner: Learner,
  scored: Scored,
  { of, temperature }: { of: 'model' | 'base'; temperature?: number | undefined },
): Promise<Float32Array> {
  const [model, adapter] =
    of === 'model' ? ([learner.model, 'on'] as const) : ([learner.ref, 'off'] as const);
  const logprobs = learner.elsewhere
    ? await learner.elsewhere.scoreOnly(scored, { of, temperature })
    : await targetLogprobs(model, scored, { temperature, adapter });
  assertFinite(learner, scored, of === 'model' ? { logprobs } : { refLogprobs: logprobs });
  return logprobs;
}

/** What a number at a target is. */
const MEANING = {
  logprobs: 'log-prob',
  refLogprobs: 'log-prob under the base or the teacher',
  kl: 'divergence from the base or the teacher',
};

function assertFinite(
  { tokenizer }: Learner,
  { targets, sequences }: Scored,
  values: { readonly [Name in keyof typeof MEANING]?: Float32Array | undefined },
): void {
  for (const [name, meaning] of Object.entries(MEANING)) {
    const own = values[name as keyof typeof MEANING]; // keys of the literal
    const at = own?.findIndex((value) => !Number.isFinite(value)) ?? -1;
    if (at < 0) continue;
    const row = targets.sequenceIds[at]!; // one a target
    const { ids } = sequences[row]!;
    const first = targets.sequenceIds.indexOf(row);
    const text = tokenizer.decode(Array.from(ids));
    throw new Error(
      `the ${meaning} of target ${at - first} of row ${row} is ${own![at]}: token ${targets.ids[at]} ${JSON.stringify(tokenizer.decode([targets.ids[at]!]))}. The row, ${ids.length} tokens: ${JSON.stringify(text.slice(0, 400))} ids ${JSON.stringify(Array.from(ids).slice(0, 200))}`,
    );
  }
}
