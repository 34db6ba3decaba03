import { checkChoice } from '../../base/checkChoice.ts';
import { checkCounts } from '../../base/checkCounts.ts';
import { readOptions } from '../../base/readOptions.ts';
import { defineEnvironment } from '../../episode/defineEnvironment.ts';
import type { Environment } from '../../episode/environment.ts';
import type { ToolDescription } from '../../text/toolSchemas.ts';
import { toolsManual, toolsPrompt } from '../../text/toolsPrompt.ts';
import type { Opening, Utterance } from '../../trajectory/utterance.ts';
import { type SessionSlots, sessionSlots } from '../remote/sessionSlots.ts';
import { type ParsedToolCall, parseToolCalls } from '../tools/parseToolCalls.ts';
import { messageUtterances } from './blockTexts.ts';
import {
  OPEN_REWARD_CLIENT_OPTIONS,
  type OpenRewardClientOptions,
  openRewardClient,
} from './openRewardClient.ts';
import { type OpenRewardEpisode, type OpenRewardPlay, playTurn } from './openRewardEpisode.ts';
import type { OpenRewardSession } from './openRewardSession.ts';
import type { OpenRewardTask } from './openRewardTask.ts';

export interface OpenRewardOptions extends OpenRewardClientOptions, OpenRewardPlay {
  /** Stored with each trajectory. Default `'openreward'`. */
  name?: string | undefined;
  /** Said first where a task has no system message of its own. */
  system?: string | undefined;
  /** What the system message says about the tools of a task; `null` = nothing. Default `toolsPrompt`. */
  describe?: ((tools: readonly ToolDescription[]) => string) | null | undefined;
  /** Finds the calls of a turn. Default `parseToolCalls`. */
  parse?: ((action: string) => ParsedToolCall[]) | undefined;
  /**
   * Sessions at once, which are episodes at once; more wait. Default 16: servers name no limit, but each session may be a
   * container there, and they share one process.
   */
  sessions?: number | undefined;
  /** Turns of an episode where `collect` is told no `maxTurns`. Default 10. */
  maxTurns?: number | undefined;
}

/**
 * An environment served by the [Open Reward Standard](https://openrewardstandard.io) (the packages openreward and
 * ors-sdk): each episode is a session of its own.
 *
 * A task is a place, `{ split, index }` (`client.rows(split)` has them all), or a description of the environment's own.
 * The first message tells the tools of the task, then come its messages. The calls of a turn are run in order and
 * answered with one message of a tool each; a call that was refused or failed is told in words, and the episode goes on. A
 * turn without a call is given to the terminal tool, where the environment has one, without its thought, and ends the
 * episode. The seed is not sent: the standard has none.
 *
 * `info.rewards` and `info.metadata` of a trajectory have the reward and the metadata of each call; the policy sees
 * neither. Metrics are those of {@link toolEnvironment}; calls of the terminal tool are not counted.
 *
 * @throws {EfEnvError} `option` for options that cannot work. Episodes: `task` for an image, which no policy reads; see
 * {@link openRewardClient}.
 *
 * @example
 * const game = openReward({ url: 'http://127.0.0.1:8080', environment: 'steps' });
 * game.name; // 'openreward'
 */
export function openReward<Task extends OpenRewardTask = OpenRewardTask>(
  options: OpenRewardOptions,
): Environment<Task> {
  const given = readOptions('openReward', options, {
    ...OPEN_REWARD_CLIENT_OPTIONS,
    name: 'optional',
    system: 'optional',
    describe: 'null',
    parse: 'optional',
    sessions: 'optional',
    maxTurns: 'optional',
    rewards: 'optional',
    withoutCall: 'optional',
    maxCallsPerTurn: 'optional',
  });
  const { name = 'openreward', sessions = 16, maxTurns = 10, maxCallsPerTurn = 8 } = given;
  const { rewards = 'last', withoutCall = 'end', parse = parseToolCalls } = given;
  checkCounts('openReward', { sessions, maxCallsPerTurn });
  checkChoice('openReward: rewards', rewards, ['last', 'sum']);
  checkChoice('openReward: withoutCall', withoutCall, ['end', 'feedback']);
  const client = openRewardClient(clientOptions(given));
  const slots = sessionSlots(sessions);
  const { describe = withoutCall === 'end' ? toolsPrompt : callingPrompt } = given;

  return defineEnvironment<Task, OpenRewardEpisode>({
    name,
    maxTurns,
    concurrency: sessions,
    reset: async (task, { signal }) => {
      const session = await sessionIn(slots, signal, () => client.session(task, { signal }));
      try {
        return await beginEpisode(session, task, { system: given.system, describe, signal });
      } catch (error) {
        await session.close();
        throw error;
      }
    },
    step: (episode, action, { signal }) => {
      const turn = { action, calls: parse(action), ownForm: given.parse !== undefined };
      return playTurn(episode, turn, { signal, rewards, withoutCall, maxCallsPerTurn });
    },
    close: ({ session }) => session.close(),
  });
}

const callingPrompt = (tools: readonly ToolDescription[]): string =>
  toolsManual(tools, 'A turn without a call does nothing.');

function clientOptions(given: OpenRewardOptions): OpenRewardClientOptions {
  const { url, environment, apiKey, headers, secrets } = given;
  const { timeout, callTimeout, startTimeout, retries } = given;
  const limits = { timeout, callTimeout, startTimeout, retries };
  return { url, environment, apiKey, headers, secrets, ...limits };
}

/** Opens a session that gives its place back when it is closed. */
async function sessionIn(
  slots: SessionSlots,
  signal: AbortSignal | undefined,
  open: () => Promise<OpenRewardSession>,
): Promise<OpenRewardSession> {
  const giveBack = await slots.take(signal);
  try {
    const session = await open();
    return { ...session, close: () => session.close().then(giveBack) };
  } catch (error) {
    giveBack();
    throw error;
  }
}

/** The beginning of an episode in a session: what is said, and its state. */
async function beginEpisode(
  session: OpenRewardSession,
  task: unknown,
  words: Pick<OpenRewardOptions, 'system' | 'describe'> & { signal: AbortSignal | undefined },
): Promise<{ observation: Opening; state: OpenRewardEpisode }> {
  const { system, describe, signal } = words;
  const messages = messageUtterances(await session.messages({ signal }));
  const { tools, terminalTool } = await session.tools({ signal });
  const manual = tools.length > 0 ? describe?.(tools) : undefined;
  const played = { results: [], misplaced: 0, rewards: [], metadata: [], finished: false };
  return {
    observation: withSystem(messages, { system, manual }),
    state: { task, state: null, checks: new Map(), session, tools, terminalTool, ...played },
  };
}

/** A task's own system message goes before `system`, and says which tools there are all the same. */
function withSystem(
  messages: readonly Utterance[],
  { system, manual }: { system: string | undefined; manual: string | undefined },
): Utterance[] {
  const own = messages.some(({ speaker }) => speaker === 'system');
  const said = [own ? '' : system, manual].filter(Boolean).join('\n\n');
  if (said === '') return [...messages];
  if (!own) return [{ speaker: 'system', text: said }, ...messages];
  return messages.map(({ speaker, text }) => ({
    speaker,
    text: speaker === 'system' ? `${text}\n\n${said}` : text,
  }));
}
