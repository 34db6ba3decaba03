import type { Segment } from '@molrl/ef-env';
import type { DialogueEpisode } from './episodes.ts';

/**
 * What a teacher reads before the student's first attempt, instead of the prompt alone. Undefined: there is nothing that
 * the student did not know.
 */
export type TeacherContext = (
  episode: DialogueEpisode,
  siblings: readonly DialogueEpisode[],
) => readonly Segment[] | undefined;

/** The attempt and what was said of it: the teacher is where a second attempt would begin. A right one needs no words. */
export const feedbackContext: TeacherContext = ({ attempts: [first] }) =>
  first?.feedback && (first.reward ?? 0) < 1
    ? [...first.prompt, first.said, first.feedback]
    : undefined;

/** A sibling's success, then the task again. A sample's own success is not shown to itself (SDPO). */
export const siblingContext =
  (successReward: number): TeacherContext =>
  (episode, siblings) => {
    const solved = siblings.find(
      (other) => other !== episode && (other.attempts[0]!.reward ?? 0) >= successReward, // episodes have one
    );
    return solved && shown(episode, solved.attempts[0]!.said);
  };

/** A solution from elsewhere, then the task again (SDFT, OPSD): `solutionOf` reads the episode's task. */
export const solutionContext =
  (solutionOf: (task: unknown) => string | undefined): TeacherContext =>
  (episode) => {
    const text = solutionOf(episode.trajectory.task.data);
    if (text === undefined) return undefined;
    return shown(episode, { speaker: 'assistant', kind: 'prompt', turn: 0, text });
  };

/** All that came afterwards: the feedback, the later attempts, and what was said of them. */
export const hindsightContext: TeacherContext = ({ attempts, trajectory }) =>
  attempts.length > 1 && attempts.at(-1)?.feedback ? trajectory.segments : undefined;

/** The first of these that has something to say. SDPO: a sibling, and the feedback only where there is none. */
export const firstContext =
  (...contexts: readonly TeacherContext[]): TeacherContext =>
  (episode, siblings) => {
    for (const context of contexts) {
      const told = context(episode, siblings);
      if (told) return told;
    }
    return undefined;
  };

/** Task, answer, task: the answer is the teacher's example. */
function shown({ attempts }: DialogueEpisode, answer: Segment): readonly Segment[] {
  const { prompt } = attempts[0]!; // episodes have one
  return [...prompt, answer, ...prompt.filter(({ speaker }) => speaker === 'user')];
}
