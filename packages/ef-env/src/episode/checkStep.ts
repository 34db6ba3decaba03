import { EfEnvError } from '../base/errors.ts';
import { utf8Length } from '../text/utf8Length.ts';
import type { Utterance } from '../trajectory/utterance.ts';
import type { DialogueStepResult } from './defineDialogue.ts';

/**
 * What could not be stored or trained on is the environment's fault, and its episode's end.
 *
 * @throws {EfEnvError} `task` without `done`, for words that are no text, a role that there is not, a reward or metric
 * that is not finite, and a span outside the attempt.
 */
export function checkStep(
  action: string,
  result: DialogueStepResult<string>,
  roles: readonly string[],
): void {
  if (typeof result?.done !== 'boolean') {
    throw new EfEnvError('task', `step: done must be true or false, got ${result?.done}.`);
  }
  const { feedback = '', observations = {}, reward, metrics = {}, spans = [] } = result;
  const perRole = typeof reward === 'object' && reward !== null ? reward : {};
  const rewards = typeof reward === 'object' ? perRole : { reward };
  const stranger = Object.keys({ ...observations, ...perRole }).find((r) => !roles.includes(r));
  if (stranger !== undefined) {
    throw new EfEnvError('task', `step: the roles are ${roles.join(', ')}, got '${stranger}'.`);
  }
  for (const said of [feedback, ...Object.values(observations)]) {
    if (said !== undefined) checkSaid('step', said);
  }
  for (const [name, value] of Object.entries({ ...rewards, ...metrics })) {
    if (value == null || Number.isFinite(value)) continue;
    throw new EfEnvError(
      'task',
      `step: rewards and metrics must be finite numbers, got ${typeof value === 'number' ? value : JSON.stringify(value)} (${name}).`,
    );
  }
  const length = spans.length > 0 ? utf8Length(action) : 0;
  for (const { start, end, reward: worth } of spans) {
    if (start >= 0 && start <= end && end <= length && Number.isFinite(worth)) continue;
    throw new EfEnvError(
      'task',
      `step: a span must lie in the attempt's ${length} bytes and have a finite reward, got ${start} to ${end} with ${worth}.`,
    );
  }
}

/** @throws {EfEnvError} `task` for what is neither a text nor messages. */
export function checkSaid(where: string, said: unknown): void {
  const messages: unknown[] = Array.isArray(said) ? said : [{ text: said }];
  const bad = messages.find((message) => typeof (message as Utterance | null)?.text !== 'string'); // asked here
  if (bad === undefined) return;
  throw new EfEnvError(
    'task',
    `${where}: what is shown must be a text or a list of { speaker, text }, got ${JSON.stringify(said)}.`,
  );
}
