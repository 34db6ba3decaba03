import { EfEnvError } from '../../base/errors.ts';
import { nearestName } from '../../base/nearestName.ts';
import { jsonFault } from '../../data/jsonFault.ts';
import { listenTo, type StepLimits, stepWithin } from '../../episode/stepWithin.ts';
import type { Utterance } from '../../trajectory/utterance.ts';
import type { ParsedToolCall } from './parseToolCalls.ts';
import type { ArgumentChecks } from './schemaValidators.ts';
import type { Tool } from './tool.ts';

/** An episode with tools. */
export interface ToolEpisode<Task, State> {
  task: Task;
  state: State;
  checks: ArgumentChecks;
  /** Of all calls so far. */
  results: ToolResult[];
  /** Calls that stood where none is made: in a thought, in a block of code, without their marks. */
  misplaced: number;
}

interface ToolResult {
  /** The tool that was called; absent where there is none of that name. */
  name?: string | undefined;
  /** What the policy is told. */
  text: string;
  failed: boolean;
}

interface RunToolCallsOptions<State> {
  tools: readonly Tool<State>[];
  signal: AbortSignal;
  toolTimeout: number;
  maxCallsPerTurn: number;
}

/**
 * Runs the calls of a turn, one after the other. Whatever is wrong with one or happens in it comes back as text.
 *
 * @throws The reason of the signal, when that is aborted.
 */
export async function runToolCalls<State>(
  calls: readonly ParsedToolCall[],
  episode: ToolEpisode<unknown, State>,
  { tools, signal, toolTimeout, maxCallsPerTurn }: RunToolCallsOptions<State>,
): Promise<Utterance<'tool'>[]> {
  const cancellation = listenTo(signal);
  const limits = { caller: 'toolEnvironment', stepTimeout: toolTimeout, cancellation };
  const before = episode.results.length;
  try {
    for (const [i, call] of calls.entries()) {
      const result =
        i < maxCallsPerTurn
          ? await runToolCall(call, episode, { tools, limits })
          : failure(`a turn may have ${maxCallsPerTurn} calls, this one was not run.`);
      episode.results.push(result);
    }
  } finally {
    cancellation.dispose();
  }
  return episode.results.slice(before).map(({ text }) => ({ speaker: 'tool', text }));
}

/** Metrics of an episode so far. */
export function toolMetrics({
  results,
  misplaced,
}: ToolEpisode<unknown, unknown>): Record<string, number> {
  const failures = results.filter(({ failed }) => failed).length;
  const metrics: Record<string, number> = {
    'tools/call_frequency': results.length,
    'tools/failure_frequency': failures / Math.max(1, results.length),
    ...(misplaced > 0 && { 'tools/misplaced_calls': misplaced }),
  };
  for (const { name } of results) {
    if (name === undefined) continue;
    const key = `tools/calls/${name}`;
    metrics[key] = (metrics[key] ?? 0) + 1;
  }
  return metrics;
}

async function runToolCall<State>(
  call: ParsedToolCall,
  { state, checks }: ToolEpisode<unknown, State>,
  { tools, limits }: { tools: readonly Tool<State>[]; limits: StepLimits },
): Promise<ToolResult> {
  if ('error' in call) return failure(call.error);
  const { name, arguments: args } = call;
  const tool = tools.find((known) => known.name === name);
  if (!tool) return failure(unknownTool(name, tools));
  if (!isObject(args)) return failure(`the arguments of ${name} must be a JSON object.`, name);
  const mismatch = checks.get(name)?.(args);
  if (mismatch) return failure(`the arguments of ${name} do not fit its schema. ${mismatch}`, name);
  try {
    const result = await stepWithin(limits, async (signal) => tool.call(args, { state, signal }));
    return { name, text: asText(result), failed: false };
  } catch (error) {
    limits.cancellation.signal?.throwIfAborted();
    if (error instanceof EfEnvError && error.code === 'timeout') {
      return failure(`${name} took longer than ${limits.stepTimeout} ms.`, name);
    }
    return failure(`${name} failed: ${error instanceof Error ? error.message : error}`, name);
  }
}

function failure(reason: string, name?: string): ToolResult {
  return { name, text: `Error: ${reason}`, failed: true };
}

function unknownTool(name: string, tools: readonly Pick<Tool, 'name'>[]): string {
  const names = tools.map((tool) => tool.name);
  const nearest = nearestName(name, names);
  const guess = nearest === undefined ? '' : ` Did you mean '${nearest}'?`;
  return `there is no tool '${name}'.${guess} Tools: ${names.join(', ')}.`;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * A text as it is, anything else as JSON.
 *
 * @throws {EfEnvError} `task` for what JSON would change in silence; an Error that a tool returns is thrown.
 */
function asText(result: unknown): string {
  if (typeof result === 'string') return result;
  if (result === undefined) return 'null'; // the tool had nothing to say
  if (result instanceof Error) throw result;
  const fault = jsonFault(result, 'the result');
  if (fault !== null) throw new EfEnvError('task', `${fault}.`);
  return JSON.stringify(result);
}
