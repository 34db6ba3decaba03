import type { StepResult } from '../../episode/environment.ts';
import { readTurn } from '../../text/readTurn.ts';
import type { Utterance } from '../../trajectory/utterance.ts';
import { refusalOf } from '../remote/refusal.ts';
import { misplacedCalls } from '../tools/misplacedCalls.ts';
import type { ParsedToolCall } from '../tools/parseToolCalls.ts';
import { runToolCalls, type ToolEpisode, toolMetrics } from '../tools/runToolCalls.ts';
import type { Tool } from '../tools/tool.ts';
import type { OpenRewardOutput, OpenRewardTools } from './answers.ts';
import { blocksText } from './blockTexts.ts';
import type { OpenRewardSession } from './openRewardSession.ts';

/** An episode, played in a session. */
export interface OpenRewardEpisode extends ToolEpisode<unknown, null>, OpenRewardTools {
  session: OpenRewardSession;
  /** Of each call that reached the server, those of the terminal tool included. */
  rewards: (number | null)[];
  metadata: OpenRewardOutput['metadata'][];
  finished: boolean;
}

export interface OpenRewardPlay {
  /**
   * Reward of an attempt, hence of the episode, whose reward is that of its last scored attempt. `'last'`: of its last
   * call that was scored, as in TRL. `'sum'`: of all calls of the episode so far. Default `'last'`.
   */
  rewards?: 'last' | 'sum' | undefined;
  /**
   * What a turn without a call does where there is no terminal tool: `'end'` ends the episode, as in TRL; `'feedback'`
   * asks for a call and goes on. Default `'end'`.
   */
  withoutCall?: 'end' | 'feedback' | undefined;
  /** Calls of one turn that are run; the others are refused in words. Default 8. */
  maxCallsPerTurn?: number | undefined;
}

/** The options, given or default, and what ends the turn. */
type Play = { [Name in keyof OpenRewardPlay]-?: NonNullable<OpenRewardPlay[Name]> } & {
  signal: AbortSignal;
};

interface Turn {
  action: string;
  calls: readonly ParsedToolCall[];
  /** The calls have another form than `parseToolCalls` reads: nobody knows which are misplaced. */
  ownForm: boolean;
}

/** Runs the calls of a turn, or gives its answer to the terminal tool. */
export async function playTurn(
  episode: OpenRewardEpisode,
  turn: Turn,
  play: Play,
): Promise<StepResult> {
  const { rewards, metadata } = episode;
  const before = rewards.length;
  const said =
    turn.calls.length > 0
      ? await callTools(episode, turn.calls, play)
      : await sayPlainly(episode, turn, play);
  const scored = rewards.slice(before).filter((reward) => reward !== null);
  const sum = rewards.reduce<number>((total, reward) => total + (reward ?? 0), 0);
  const reward = play.rewards === 'sum' ? sum : scored.at(-1);
  return {
    ...said,
    ...(scored.length > 0 && { reward }),
    done: said.done || episode.finished,
    metrics: toolMetrics(episode),
    info: { rewards: [...rewards], metadata: [...metadata] },
  };
}

/** One message of a tool per call. */
async function callTools(
  episode: OpenRewardEpisode,
  calls: readonly ParsedToolCall[],
  { signal, maxCallsPerTurn }: Play,
): Promise<Pick<StepResult, 'observation' | 'done'>> {
  const broken = new AbortController(); // what is thrown into a call is told; a server that is gone ends the episode
  const tools = episode.tools.map((tool): Tool<null> => {
    const call: Tool<null>['call'] = async (args, context) => {
      if (episode.finished) throw new Error('it was not run, the episode had ended.');
      const result = await callTool(episode, { name: tool.name, args, signal: context.signal });
      if (result.fault !== undefined) broken.abort(result.fault);
      if (result.refusal !== undefined) throw new Error(result.refusal);
      return result.text;
    };
    return { ...tool, call };
  });
  const observation: Utterance<'tool'>[] = await runToolCalls(calls, episode, {
    tools,
    signal: AbortSignal.any([signal, broken.signal]),
    toolTimeout: Number.POSITIVE_INFINITY, // the client has a limit
    maxCallsPerTurn,
  });
  broken.signal.throwIfAborted();
  return { observation, done: false };
}

/** A turn without a call is the final answer, unless it seems to hold a call after all. */
async function sayPlainly(
  episode: OpenRewardEpisode,
  { action, ownForm }: Turn,
  { signal, withoutCall }: Play,
): Promise<Pick<StepResult, 'feedback' | 'done'>> {
  const turn = readTurn(action);
  const { tools, terminalTool } = episode;
  const { count, said } = ownForm ? { count: 0, said: '' } : misplacedCalls(turn, tools);
  episode.misplaced += count;
  if (said !== '') return { feedback: said, done: false };
  if (terminalTool === null) {
    if (withoutCall === 'end') return { done: true };
    const names = tools.map(({ name }) => name).join(', ');
    return { feedback: `There was no call. Call a tool: ${names}.`, done: false };
  }
  const { name, arg } = terminalTool;
  const args = arg === null ? {} : { [arg]: turn.answer.trim() };
  const { text, refusal, fault } = await callTool(episode, { name, args, signal });
  if (fault !== undefined) throw fault;
  return refusal === undefined
    ? { feedback: text, done: true }
    : { feedback: `Error: ${refusal}`, done: false };
}

/** What came of a call: a text, what the tool has against it in words, or an error that ends the episode. */
interface Called {
  text?: string;
  refusal?: string;
  fault?: unknown;
}

async function callTool(
  episode: OpenRewardEpisode,
  { name, args, signal }: { name: string; args: Record<string, unknown>; signal: AbortSignal },
): Promise<Called> {
  const { session, rewards, metadata } = episode;
  try {
    const output = await session.call(name, args, { signal });
    rewards.push(output.reward);
    metadata.push(output.metadata);
    episode.finished ||= output.finished;
    return { text: blocksText(`the answer of ${name}`, output.blocks) || '(no output)' };
  } catch (fault) {
    const { code = '', message = '' } = refusalOf(fault) ?? {};
    if (!TOOL_REFUSAL.test(code)) return { fault };
    rewards.push(null);
    metadata.push(null);
    return { refusal: message };
  }
}

/** Codes of refusals by a tool, after which the session goes on; those of requests are written otherwise. */
const TOOL_REFUSAL = /^(?:EXECUTION_ERROR|REFUSED|[a-z_]+)$/;
