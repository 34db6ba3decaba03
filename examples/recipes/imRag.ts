// IM-RAG-style (Yang et al. 2024, https://arxiv.org/abs/2405.13021): an inner monologue that searches before it answers. Each
// search is paid the progress that it made, so that the first of two is learned before an answer was ever right.
//
//     r[k] = progress[k] - progress[k-1]  of a search (their sum is the final progress);  exact match of the answer
//     G[k] = r[k] + gamma G[k+1]          A = G[k] - mean of the group's G[k]        on the tokens of turn k
//
// Then the answers are learned by cross-entropy, on the searches of the model. Departs from the paper: docs/methods/im-rag.md.
import type { RetrievalTask, Segment, Trajectory } from '@molrl/ef-env';
import type { Learner, Sequence } from '../trainer/method/learner.ts';
import { saidAdvantages, saidTokens } from '../trainer/method/live/episodes.ts';
import {
  type LiveGradient,
  type OpenMethod,
  type Played,
  untaught,
} from '../trainer/method/live/liveMethod.ts';
import { policyTerm, tokensOf } from '../trainer/method/live/policyTerm.ts';
import { turnAdvantages } from '../trainer/method/live/turnAdvantages.ts';
import { passesOf, sumOfPasses } from '../trainer/method/passes.ts';
import { score } from '../trainer/method/score.ts';

/** The Questioner's RL: a method of the loop `live`. What was retrieved is read and never a target. */
export const innerMonologue = ({ turns, gamma }: { turns: number; gamma: number }): OpenMethod =>
  untaught(turns, (learner, played) => questioner(learner, played, gamma));

async function questioner(learner: Learner, played: Played, gamma: number): Promise<LiveGradient> {
  const { temperature, episodes } = played;
  const ofTurns = turnAdvantages(played, gamma);
  const rows = episodes.map((episode, i) => ({
    sequence: saidTokens(learner, episode),
    advantages: ofTurns[i]!, // one each
  }));
  const total = tokensOf(rows);
  const trained = rows.filter(({ advantages }) => advantages.some((own) => own !== 0));
  const { gradients, metrics } = await sumOfPasses(passesOf(learner, trained), async (pass) => {
    const { logprobs, backward } = await score(learner, pass, { temperature });
    const { sequenceIds } = pass.targets;
    const advantages = pass.items.flatMap((row) => saidAdvantages(row.sequence, row.advantages));
    const policy = policyTerm({ logprobs, advantages, sequenceIds }, { total });
    return {
      gradients: backward({ logprobs: policy.gradient }),
      loss: policy.loss,
      means: [{ tokens: logprobs.length, metrics: policy.metrics }],
    };
  });
  const found = episodes.filter(({ trajectory }) => foundAll(trajectory)).length;
  const right = episodes.filter(({ trajectory }) => isRight(trajectory)).length;
  const n = episodes.length;
  return {
    gradients,
    metrics: { loss: 0, ...metrics, 'im_rag/found': found / n, 'im_rag/right': right / n },
  };
}

/** Whether the searches showed all the evidence. */
export const foundAll = ({ metrics }: Trajectory): boolean => metrics?.['retrieval/coverage'] === 1;

/** Whether the episode ended with a right answer. */
export const isRight = ({ stop, segments }: Trajectory): boolean =>
  stop === 'done' && segments.findLast(({ kind }) => kind === 'policy')?.reward === 1;

/** The Answerer's rows: what the model searched and was shown, then the right answer, which alone is learned. */
export function answerRow(
  { render }: Pick<Learner, 'render'>,
  { segments, task }: Trajectory,
): Sequence {
  const last = segments.findLastIndex(({ kind }) => kind === 'policy');
  const { answers } = task.data as RetrievalTask; // of a retrieval environment
  const answer: Segment = {
    ...{ speaker: 'assistant', kind: 'policy', turn: segments[last]?.turn ?? 0 },
    text: `<answer>${answers[0]}</answer>`,
  };
  const { ids, roles, segments: of } = render([...segments.slice(0, last), answer]);
  const isAnswer = (t: number): boolean => of[t] === last && roles[t] === 'assistant';
  return { ids, roles: roles.map((_, t) => (isAnswer(t) ? 'assistant' : 'ignore')) };
}
