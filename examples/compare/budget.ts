/** What every method may use: the same number of attempts and of optimiser steps. */
export interface Budget {
  /** First stage on episodes: the base plays them once, up to 4 attempts each. */
  episodes: number;
  teachUpdates: number;
  batchSize: number;
  /** General sequences of each update. Default: as many as episodes. */
  generalBatchSize?: number;
  /** Weight of MoL's KL to the base, as validation tasks chose it. Default 0.3. */
  alpha?: number;
  /** GRPO after it: prompts and completions of each update. */
  grpoUpdates: number;
  prompts: number;
  numGenerations: number;
  /** General sequences that each of these updates holds to the base by KL. Default: none. */
  generalKl?: number;
  /** Methods on live feedback: updates over all their stages, and attempts of each. */
  liveUpdates: number;
  attempts: number;
}

/**
 * Episodes: 128 of at most 4 attempts (about 400 in all), then 24 x 128 attempts; 120 + 24 updates. Live: 144 updates of 24
 * attempts. Both are 144 updates and about 3,460 attempts.
 */
export const FULL: Budget = {
  ...{ episodes: 128, teachUpdates: 120, batchSize: 8 },
  ...{ grpoUpdates: 24, prompts: 16, numGenerations: 8 },
  ...{ liveUpdates: 144, attempts: 24 },
};

/** The same shape for a model of 100 M weights and more, where an update takes 10 to 20 s of a core: 32 updates, at most 512 attempts. */
export const CHAT: Budget = {
  ...{ episodes: 48, teachUpdates: 22, batchSize: 4 },
  ...{ grpoUpdates: 10, prompts: 4, numGenerations: 8 },
  ...{ liveUpdates: 32, attempts: 16 },
};

/** For answers of ten tokens: 64 updates; 96 episodes (about 250 attempts) and 1,536 attempts, or 2,048 live ones. */
export const WORDBOOK: Budget = {
  ...{ episodes: 96, teachUpdates: 40, batchSize: 8, generalBatchSize: 2, alpha: 0.1 },
  ...{ grpoUpdates: 24, prompts: 8, numGenerations: 8, generalKl: 2 },
  ...{ liveUpdates: 64, attempts: 32 },
};

/** For answers of thirty tokens: 40 updates; 64 episodes (at most 256 attempts) and 1,024 attempts, or 1,280 live ones. */
export const EQUATIONS: Budget = {
  ...{ episodes: 64, teachUpdates: 24, batchSize: 6, generalBatchSize: 2, alpha: 0.1 },
  ...{ grpoUpdates: 16, prompts: 8, numGenerations: 8, generalKl: 2 },
  ...{ liveUpdates: 40, attempts: 32 },
};

/** A few updates of everything: whether it runs, not what it is worth. */
export const QUICK: Budget = {
  ...{ episodes: 16, teachUpdates: 4, batchSize: 4 },
  ...{ grpoUpdates: 2, prompts: 4, numGenerations: 4 },
  ...{ liveUpdates: 4, attempts: 16 },
};

/** For the choice of a learning rate: half of the updates. */
export const halved = (budget: Budget): Budget => ({
  ...budget,
  teachUpdates: Math.ceil(budget.teachUpdates / 2),
  grpoUpdates: Math.ceil(budget.grpoUpdates / 2),
  liveUpdates: Math.ceil(budget.liveUpdates / 2),
});

/** Prompts and completions of a live update: groups of 8, or of 4 where an episode has two attempts. */
export function liveShape(
  { attempts }: Budget,
  turns: number,
): { prompts: number; numGenerations: number } {
  const numGenerations = turns === 1 ? 8 : 4;
  return { prompts: Math.max(1, Math.round(attempts / turns / numGenerations)), numGenerations };
}
