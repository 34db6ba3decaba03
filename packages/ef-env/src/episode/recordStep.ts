import { readTurn } from '../text/readTurn.ts';
import type { Segment } from '../trajectory/segment.ts';
import type { Trajectory } from '../trajectory/trajectory.ts';
import type { Observation, Utterance } from '../trajectory/utterance.ts';
import type { DialogueStepResult } from './defineDialogue.ts';

/** What one role sees of an episode. */
export interface View {
  trajectory: Trajectory;
  /** Attempts so far. */
  attempts: number;
  last?: Segment | undefined;
}

/** Writes down what a step says into the view of each role. */
export function recordStep<Role extends string>(
  { role, roles, views }: { role: Role; roles: readonly Role[]; views: Record<Role, View> },
  { feedback, observations, reward, spans, metrics, info }: DialogueStepResult<Role>,
): void {
  for (const each of roles) {
    const { trajectory, attempts, last } = views[each];
    const earned = rewardOf(each, attempts, reward);
    if (typeof earned === 'number') trajectory.reward = earned;
    // A missing score of the attempt just made does not take back what another role has earned before.
    if (last && earned !== undefined && (earned !== null || each === role)) last.reward = earned;
    if (last && each === role && spans !== undefined) last.spans = spans;
    if (metrics) trajectory.metrics = { ...trajectory.metrics, ...metrics };
    if (last && each === role && readTurn(last.text).thought === 'open') countUnclosed(trajectory);
    if (info) trajectory.info = { ...trajectory.info, ...info };
    const place: Pick<Segment, 'kind' | 'turn'> =
      attempts === 0 ? { kind: 'prompt', turn: 0 } : { kind: 'environment', turn: attempts - 1 };
    for (const { speaker, text } of [
      ...utterances(each === role ? feedback : ''),
      ...utterances(observations?.[each]),
    ]) {
      const before = trajectory.segments.at(-1);
      // What the user says in a row is one message: chat formats alternate.
      if (speaker === 'user' && before?.speaker === 'user') before.text += `\n${text}`;
      else trajectory.segments.push({ speaker, ...place, text });
    }
  }
}

/** A policy that never ends its thoughts is not one that has no answers: the metric tells them apart. */
function countUnclosed(trajectory: Trajectory): void {
  const before = trajectory.metrics?.['thoughts/unclosed'] ?? 0;
  trajectory.metrics = { ...trajectory.metrics, 'thoughts/unclosed': before + 1 };
}

function rewardOf<Role extends string>(
  role: Role,
  attempts: number,
  reward: DialogueStepResult<Role>['reward'],
): number | null | undefined {
  if (typeof reward === 'object' && reward !== null) return reward[role];
  return attempts > 0 ? reward : undefined; // the team's: of those that have spoken
}

function utterances(observation: Observation = ''): readonly Utterance[] {
  if (typeof observation !== 'string') return observation;
  return observation === '' ? [] : [{ speaker: 'user', text: observation }];
}
