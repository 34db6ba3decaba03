import { askedIn, saidIn } from '../method/episodeText.ts';
import type { Learner } from '../method/learner.ts';
import type { PlayedEpisodes } from '../method/stage.ts';

/** A line of completions.jsonl. */
export interface CompletionRow {
  /** Place and name of the stage, `2-grpo`. */
  stage: string;
  step: number;
  prompt: string;
  completion: string;
  reward: number | null;
  advantage: number;
  stop: string;
  tokens: TokenColumns;
}

/** An episode token by token. */
export interface TokenColumns {
  /** Of each token: its text, its role (`i`gnore, `a`ssistant, `e`nvironment), and `1` where the model sampled it. */
  texts: string[];
  roles: string;
  mask: string;
  /** The rest is of each sampled token. Log-probs as the sampler reported them. */
  samplerLogprobs: number[];
  /** What the loss saw; absent where the group has no spread and was not computed. */
  logprobs?: number[];
  /** By the frozen base; only where the loss has a KL to it. */
  refLogprobs?: number[];
  losses?: number[];
  /** d loss / d log-prob, as a share of the whole update's absolute sum. */
  gradientShares?: number[];
}

/** Groups of an update that are kept, and updates of a stage. */
const GROUPS = 2;
const UPDATES = 100;

/** Whether completions of this update are kept: the first, and others at even distances. */
export const areKept = ({ step, updates }: { step: number; updates: number }): boolean =>
  step === 1 || step % Math.ceil(updates / UPDATES) === 0;

/** A few completions of an update, with all that a reader needs to see what the loss saw. */
export function completionRows(
  learner: Pick<Learner, 'render' | 'tokenizer'>,
  update: PlayedEpisodes & { stage: string; step: number; numGenerations: number },
): CompletionRow[] {
  const { stage, step, trajectories, advantages, values, numGenerations } = update;
  const whole = values.reduce(
    (sum, one) => sum + (one?.gradients.reduce((total, g) => total + Math.abs(g), 0) ?? 0),
    0,
  );
  return trajectories.slice(0, GROUPS * numGenerations).map((episode, i) => ({
    ...{ stage, step, prompt: askedIn(episode), completion: saidIn(episode) },
    ...{ reward: episode.reward, advantage: rounded(advantages[i]!), stop: episode.stop }, // one per trajectory
    tokens: { ...columnsOf(learner, episode), ...valuesOf(values[i], whole) },
  }));
}

function columnsOf(
  { render, tokenizer }: Pick<Learner, 'render' | 'tokenizer'>,
  { segments }: PlayedEpisodes['trajectories'][number],
): TokenColumns {
  const { ids, roles, sampled, logprobs } = render(segments);
  return {
    texts: Array.from(ids, (id) => tokenizer.decode([id], { skipUnknown: true })),
    roles: roles.map(([letter]) => letter).join(''),
    mask: sampled.join(''),
    samplerLogprobs: Array.from(logprobs.filter((_, i) => sampled[i] === 1)).map(rounded),
  };
}

function valuesOf(
  values: PlayedEpisodes['values'][number],
  whole: number,
): Omit<TokenColumns, 'texts' | 'roles' | 'mask' | 'samplerLogprobs'> | undefined {
  if (!values) return undefined;
  const { logprobs, refLogprobs, losses, gradients } = values;
  return {
    logprobs: Array.from(logprobs, rounded),
    ...(refLogprobs && { refLogprobs: Array.from(refLogprobs, rounded) }),
    losses: Array.from(losses, rounded),
    gradientShares: Array.from(gradients, (g) => rounded(whole === 0 ? 0 : g / whole)),
  };
}

/** Five digits: these are looked at, not computed with. */
const rounded = (value: number): number => Number(value.toPrecision(5));
