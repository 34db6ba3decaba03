import { EfEnvError } from '../../base/errors.ts';
import type { Episode, StepResult } from '../../episode/environment.ts';
import { refusalOf } from '../remote/refusal.ts';
import type { SessionSlots } from '../remote/sessionSlots.ts';
import type { OpenEnvObservation, OpenEnvResult } from './answer.ts';
import { observationText } from './observationText.ts';
import type { OpenEnvClient } from './openEnvClient.ts';
import type { OpenEnvSession } from './openEnvSession.ts';
import { startSession } from './startSession.ts';

/** What a policy is told about an observation; a string is the observation in words. */
export type OpenEnvWords =
  | string
  | Pick<StepResult, 'feedback' | 'observation' | 'metrics' | 'info'>;

/** How an episode translates between a policy's words and the server's objects. */
export interface OpenEnvTranslation {
  /**
   * The fields of the server's action that an attempt stands for, `observation` being what it answers. A string: the
   * attempt holds no action; it is given back as feedback and the server hears nothing.
   */
  action(text: string, observation: OpenEnvObservation): Readonly<Record<string, unknown>> | string;
  /**
   * An observation in words; of the first one only `observation` counts. Default: its text, if one field is a text and
   * the others are numbers, booleans or empty; else all of it as JSON. `metadata` is left out; those of a step are kept
   * in `info.metadata`.
   */
  observe?: ((observation: OpenEnvObservation, result: OpenEnvResult) => OpenEnvWords) | undefined;
  /**
   * An action that the server refuses (its schema, or an exception in the environment): `'fail'` ends the episode with
   * the error, `'feedback'` tells the policy what the server said and goes on. Default `'fail'`.
   */
  actionErrors?: 'fail' | 'feedback' | undefined;
}

/** Refusals after which the session goes on. */
const ACTION_ERRORS = ['VALIDATION_ERROR', 'EXECUTION_ERROR'];

/** One episode: takes a place, plays in a session of its own, leaves it when it is over or fails. */
export function openEnvEpisode<Task extends object>(
  client: OpenEnvClient,
  slots: SessionSlots,
  { action, observe = observationText, actionErrors = 'fail' }: OpenEnvTranslation,
): Episode<Task> {
  let session: OpenEnvSession | null = null;
  let observation: OpenEnvObservation = {};
  let closed = false;

  const close = async (): Promise<void> => {
    closed = true;
    await session?.close();
  };
  const words = (result: OpenEnvResult): Exclude<OpenEnvWords, string> => {
    observation = result.observation;
    const told = observe(observation, result);
    const said = typeof told === 'string' ? { observation: told } : told;
    if (result.metadata === undefined) return said;
    return { ...said, info: { metadata: result.metadata, ...said.info } };
  };
  const play = async (text: string, signal: AbortSignal): Promise<StepResult> => {
    if (!session || closed) throw misplaced('step');
    const fields = action(text, observation);
    if (typeof fields === 'string') return { feedback: fields, done: false };
    try {
      const result = await session.step(fields, { signal });
      if (result.done) close();
      return { ...words(result), reward: result.reward, done: result.done };
    } catch (error) {
      const refusal = refusalOf(error);
      if (actionErrors === 'fail' || !refusal || !ACTION_ERRORS.includes(refusal.code)) throw error;
      return { feedback: refusal.message, done: false };
    }
  };
  const closingOnError = async <T>(run: () => Promise<T>): Promise<T> => {
    try {
      return await run();
    } catch (error) {
      close();
      throw error;
    }
  };

  return {
    reset: async (task, { seed, signal }) => {
      if (closed || session) throw misplaced('reset');
      const started = await startSession(client, slots, { args: { seed, ...task }, signal });
      session = started.session;
      if (closed) close(); // while it was being reset
      return closingOnError(async () => words(started.first).observation ?? '');
    },
    step: (text, { signal }) => closingOnError(() => play(text, signal)),
    close,
  };
}

function misplaced(call: 'reset' | 'step'): EfEnvError {
  return new EfEnvError(
    'server',
    `openEnv: an episode is reset once and then stepped until it ends, this ${call} came too early or too late. Start another episode.`,
  );
}
