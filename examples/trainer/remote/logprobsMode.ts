import {
  type Completion,
  packedBatch,
  type Qwen3,
  scoreLogprobs,
  selectTargets,
  targetLogprobs,
} from '@molrl/qwen3';

/** Which log-probs a server tells: of the logits as they are, or divided by the temperature. */
export type LogprobsMode = 'raw' | 'processed';

/** What was drawn at a server. */
export interface Drawn {
  prompt: readonly number[];
  ids: readonly number[];
  logprobs: readonly number[];
  temperature: number;
  /** What each id was drawn among, where that is less than the vocabulary. */
  samplingMask?: Completion['samplingMask'] | undefined;
}

/** Nats a token that a server of 16-bit weights may differ by on average. */
const TOLERANCE = 0.1;

/**
 * Finds out by a completion of the model's present weights which log-probs the server tells.
 *
 * @param drawn - at a temperature that is not 1, else the two are the same.
 * @throws {Error} if it is neither: the server has other weights.
 */
export async function logprobsMode(
  model: Qwen3,
  drawn: Drawn,
  what: string,
): Promise<LogprobsMode> {
  const raw = await distance(model, drawn, 1);
  const processed = await distance(model, drawn, drawn.temperature);
  if (Math.min(raw, processed) < TOLERANCE) return raw < processed ? 'raw' : 'processed';
  throw new Error(
    `rollouts: ${what} is another model than the trainer's: its log-probs are off by ${Math.min(raw, processed).toFixed(2)} nats a token. Serve the folder that --model names.`,
  );
}

/** @throws {Error} unless the completion is of the model's present weights. */
export async function checkWeights(
  model: Qwen3,
  drawn: Drawn,
  { mode, what }: { mode: LogprobsMode; what: string },
): Promise<void> {
  const off = await distance(model, drawn, mode === 'raw' ? 1 : drawn.temperature || 1);
  if (off < TOLERANCE) return;
  throw new Error(
    `rollouts: ${what} samples from other weights than the trainer's: log-probs are off by ${off.toFixed(2)} nats a token. Was the adapter's folder changed, or another loaded under its name?`,
  );
}

/** Mean of |server's log-prob - ours|. */
async function distance(model: Qwen3, drawn: Drawn, temperature: number): Promise<number> {
  const { prompt, ids, logprobs } = drawn;
  const sequence = { promptIds: prompt, completionIds: ids };
  const own = drawn.samplingMask
    ? await keptLogprobs(model, drawn, temperature)
    : (await scoreLogprobs(model, [sequence], { temperature }))[0]!; // one sequence
  return logprobs.reduce((sum, x, i) => sum + Math.abs(x - own[i]!), 0) / logprobs.length;
}

/** Among the ids that were kept. */
async function keptLogprobs(
  model: Qwen3,
  { prompt, ids, samplingMask }: Drawn,
  temperature: number,
): Promise<Float32Array> {
  const { tokenIds, offsets } = samplingMask!; // asked for above
  const mask = { tokenIds, offsets: Int32Array.of(...prompt.map(() => 0), ...offsets) }; // none of the prompt
  const roles = [...prompt.map(() => 'ignore' as const), ...ids.map(() => 'assistant' as const)];
  const sequences = [{ ids: [...prompt, ...ids], roles, samplingMask: mask }];
  const batch = packedBatch(sequences);
  return targetLogprobs(
    model,
    { batch, targets: selectTargets(batch, sequences) },
    { temperature },
  );
}
