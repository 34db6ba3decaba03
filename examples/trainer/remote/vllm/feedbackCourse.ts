// Episodes with feedback that a server samples, and what `teach` learns of them, against the same with its tokens forced here.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineEnvironment } from '@molrl/ef-env';
import type { Completion, Sampler } from '@molrl/qwen3';
import { collectFeedback } from '../../method/collect.ts';
import { generalData } from '../../method/generalData.ts';
import type { Learner } from '../../method/learner.ts';
import { Stage } from '../../method/stage.ts';
import { teach } from '../../method/teach.ts';
import { ownLogprobs } from './ownLogprobs.ts';

const [EPISODES, TURNS, UPDATES] = [16, 3, 5];
const TEXT = 'The boat lay still until the wind came back, and then nobody spoke for a while. ';

/** Wants a letter of the first half of the alphabet at the end, and says what stood there. */
const environment = defineEnvironment<number, null>({
  name: 'last letter',
  reset: (number) => ({ observation: `Say ${number}`, state: null }),
  step(_, action) {
    const last = action.trim().at(-1) ?? 'nothing';
    const isRight = /[a-m]/.test(last);
    return { reward: Number(isRight), feedback: `No: ${last} is not of a to m`, done: isRight };
  },
});

interface CourseRow {
  loss: number;
  gradNorm: number;
}

/** Numbers of both runs. */
export interface FeedbackCourses {
  completions: number;
  /** The server's log-probs from the trainer's, the largest difference. */
  logprobsApart: number;
  there: CourseRow[];
  here: CourseRow[];
}

/** @param load - A learner that samples so, always from the same weights. */
export async function feedbackCourses(
  load: (sampler: Sampler) => Promise<Learner>,
  sampler: Sampler,
): Promise<FeedbackCourses> {
  const drawn = new Map<string, Completion>(); // no two prompts are alike: each has its task's number
  const there = await course(load, async (model, prompts, options) => {
    const completions = await sampler(model, prompts, options);
    for (const [i, prompt] of prompts.entries()) drawn.set(keyOf(prompt), completions[i]!); // one each
    return completions;
  });
  let logprobsApart = 0;
  const here = await course(load, async (model, prompts) => {
    const completions = prompts.map((prompt) => drawn.get(keyOf(prompt))!); // the same transcripts, or there is none
    for (const [i, own] of (await ownLogprobs(model, prompts, completions)).entries())
      for (const [t, logprob] of own.entries())
        logprobsApart = Math.max(
          logprobsApart,
          Math.abs(logprob - completions[i]!.logprobs[t]!), // one each
        );
    return completions;
  });
  return { completions: drawn.size, logprobsApart, there, here };
}

const keyOf = (ids: ArrayLike<number>): string => Array.from(ids).join();

async function course(
  load: (sampler: Sampler) => Promise<Learner>,
  sampler: Sampler,
): Promise<CourseRow[]> {
  const folder = await mkdtemp(join(tmpdir(), 'molrl-feedback-'));
  const learner = await load(sampler);
  const stage = new Stage(learner.model.trainable(), {
    ...{ name: 'check', seed: 3, optim: 'adamw', learningRate: 1e-3 },
  });
  try {
    const game = { environment, nextTask: (_: unknown, position: number) => position };
    const played = await collectFeedback(
      learner.episodes,
      { ...game, maxTurns: TURNS, maxTokens: 12 },
      {
        ...{ episodes: EPISODES, seed: 3, file: join(folder, 'trajectories.jsonl') },
        onWarning: (message) => {
          throw new Error(message);
        },
      },
    );
    const rows: CourseRow[] = [];
    const steps = teach(learner, stage, {
      episodes: played.map(({ segments }) => learner.render(segments)),
      nextGeneral: generalData(learner, learner.tokenizer.encode(TEXT.repeat(40))),
      ...{ method: 'mol', alpha: 0.3, seed: 3 },
      ...{ updates: UPDATES, learningRate: 1e-3, batchSize: 8 },
    });
    for await (const { metrics } of steps)
      rows.push({ loss: metrics.loss!, gradNorm: metrics.grad_norm! }); // teach writes both
    return rows;
  } finally {
    stage.dispose();
    learner.dispose();
    await rm(folder, { recursive: true });
  }
}
