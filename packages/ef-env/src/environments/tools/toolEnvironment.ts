import { EfEnvError } from '../../base/errors.ts';
import { readOptions } from '../../base/readOptions.ts';
import { defineEnvironment } from '../../episode/defineEnvironment.ts';
import type { Environment, ResetOptions } from '../../episode/environment.ts';
import { type AnswerScore, scoredStep } from '../../episode/scoredStep.ts';
import { type Prompt, promptColumn, readPrompt } from '../../rewards/readPrompt.ts';
import type { Rubric } from '../../rewards/rubric.ts';
import { readTurn } from '../../text/readTurn.ts';
import { toolsPrompt } from '../../text/toolsPrompt.ts';
import type { Opening } from '../../trajectory/utterance.ts';
import { misplacedCalls } from './misplacedCalls.ts';
import { type ParsedToolCall, parseToolCalls } from './parseToolCalls.ts';
import { runToolCalls, type ToolEpisode, toolMetrics } from './runToolCalls.ts';
import { type ArgumentChecks, schemaValidators } from './schemaValidators.ts';
import type { Tool, ToolContext } from './tool.ts';

export interface AnswerContext<Task, State> extends ToolContext<State> {
  task: Task;
  /** The whole turn, the thought included. */
  action: string;
}

export interface ToolEnvironmentOptions<Task, State> {
  /** Stored with each trajectory. Default `'tools'`. */
  name?: string | undefined;
  tools: readonly Tool<State>[];
  /** What the policy is asked. Default: the row's `prompt`. */
  prompt?: ((task: Task) => Prompt | undefined) | undefined;
  /** What tools share in an episode: a data base, a sandbox. Default: nothing. */
  state?: ((task: Task, options: ResetOptions) => State | Promise<State>) | undefined;
  /** Frees the state, once per episode. */
  close?: ((state: State) => void | Promise<void>) | undefined;
  /** Scores the final answer: what follows the last `</think>` in the first turn without a call. */
  score?:
    | ((answer: string, context: AnswerContext<Task, State>) => AnswerScore | Promise<AnswerScore>)
    | undefined;
  /** Scores the final answers of a group, in place of `score`'s rewards. */
  rubric?: Rubric<Task> | undefined;
  /** Said first where a prompt has no system message of its own. */
  system?: string | undefined;
  /** What the system message says about the tools; `null` = nothing. Default `toolsPrompt`. */
  describe?: ((tools: readonly Tool<State>[]) => string) | null | undefined;
  /** Finds the calls of a turn; `[]` = it is the final answer. Default `parseToolCalls`. */
  parse?: ((action: string) => ParsedToolCall[]) | undefined;
  /** Time limit of one call, milliseconds. Default 10,000; `stepTimeout` of `collect` limits the turn. */
  toolTimeout?: number | undefined;
  /** Calls of one turn that are run; the others are refused in words. Default 8. */
  maxCallsPerTurn?: number | undefined;
  /** Turns of an episode where `collect` is told no `maxTurns`. Default 10. */
  maxTurns?: number | undefined;
}

/**
 * Questions that a policy answers with the help of tools: verifiers' `ToolEnv` and `StatefulToolEnv`, TRL's `tools`.
 *
 * A turn with calls is answered with one message of a tool per call; what went wrong (no JSON, unknown tool, arguments
 * that do not fit the schema, an exception, a time-out, a result that JSON cannot tell) is such a message too, and the
 * episode goes on. The first turn without a call is the final answer.
 *
 * A turn that never closes its thought, says nothing after it, or writes the JSON of a call without its marks or in a
 * block of code is scored as it stands, told so in feedback, and not the last one. With a `parse` of your own that is
 * left to it.
 *
 * Metrics of an episode: `tools/call_frequency` (calls), `tools/failure_frequency` (share that failed; 0 without
 * calls), `tools/calls/<name>`, `tools/misplaced_calls` (in a thought, a block of code or without marks). Those that
 * are 0 are absent but for the first two. Means of the first are TRL's; TRL's share is that of all calls, not of episodes.
 *
 * Needs the optional package `@cfworker/json-schema`.
 *
 * @throws {EfEnvError} `option` for tools without or with equal names, without `call` or `parameters`, and for limits
 * that are not above 0.
 *
 * @example
 * const env = toolEnvironment<{ prompt: string; answer: number }, null>({
 *   tools: [
 *     {
 *       name: 'multiply',
 *       description: 'The product of two numbers.',
 *       parameters: {
 *         type: 'object',
 *         properties: { a: { type: 'number' }, b: { type: 'number' } },
 *         required: ['a', 'b'],
 *       },
 *       call: ({ a, b }: { a: number; b: number }) => a * b,
 *     },
 *   ],
 *   state: () => null,
 *   score: (answer, { task }) => Number(answer === String(task.answer)),
 * });
 */
export function toolEnvironment<Task extends object, State = undefined>(
  options: ToolEnvironmentOptions<Task, State>,
): Environment<Task> {
  const given = readOptions('toolEnvironment', options, {
    tools: 'required',
    name: 'optional',
    prompt: 'optional',
    state: 'optional',
    close: 'optional',
    score: 'optional',
    rubric: 'optional',
    system: 'optional',
    parse: 'optional',
    toolTimeout: 'optional',
    maxCallsPerTurn: 'optional',
    maxTurns: 'optional',
    describe: 'null',
  });
  const { name = 'tools', tools, prompt = promptColumn, score, rubric, system } = given;
  const { describe = toolsPrompt, parse = parseToolCalls, close } = given;
  const { toolTimeout = 10_000, maxCallsPerTurn = 8, maxTurns = 10 } = given;
  checkTools(tools);
  checkLimits({ toolTimeout, maxCallsPerTurn });
  const manual = describe?.(tools);
  let checks: Promise<ArgumentChecks> | undefined; // made once, when first needed

  return defineEnvironment<Task, ToolEpisode<Task, State>>({
    name,
    system: [system, manual].filter(Boolean).join('\n\n') || undefined,
    rubric,
    maxTurns,
    reset: async (task, resetOptions) => {
      checks ??= schemaValidators(tools);
      const episode = { task, checks: await checks, results: [], misplaced: 0 };
      const observation = withManual(readPrompt(prompt(task), 'toolEnvironment'), manual);
      const state = (await given.state?.(task, resetOptions)) as State; // without it State is undefined
      return { observation, state: { ...episode, state } };
    },
    step: async (episode, action, { signal }) => {
      const calls = parse(action);
      if (calls.length === 0) {
        const { task, state } = episode;
        const turn = readTurn(action);
        const answer = turn.answer.trim();
        const result = scoredStep(await score?.(answer, { task, state, action, signal }));
        const { count, said } = given.parse ? FINAL : misplacedCalls(turn, tools);
        episode.misplaced += count;
        const metrics = { ...result.metrics, ...toolMetrics(episode) };
        if (said === '') return { ...result, metrics };
        const feedback = [said, result.feedback].filter(Boolean).join(' ');
        return { ...result, feedback, done: false, metrics };
      }
      const limits = { signal, toolTimeout, maxCallsPerTurn };
      const observation = await runToolCalls(calls, episode, { tools, ...limits });
      return { observation, done: false, metrics: toolMetrics(episode) };
    },
    ...(close && { close: ({ state }) => close(state) }),
  });
}

/** Where calls have another form nobody knows which are misplaced. */
const FINAL = { count: 0, said: '' };

/** A prompt with a system message of its own still needs to say which tools there are. */
function withManual(opening: Opening, manual: string | undefined): Opening {
  if (typeof opening === 'string' || !manual) return opening;
  return opening.map(({ speaker, text }) => ({
    speaker,
    text: speaker === 'system' ? `${text}\n\n${manual}` : text,
  }));
}

function checkTools(tools: readonly Tool<never>[]): void {
  const names = tools?.map(({ name }) => name) ?? [];
  if (names.length === 0 || !names.every(Boolean) || new Set(names).size < names.length) {
    throw new EfEnvError(
      'option',
      `toolEnvironment: tools must have names of their own, got ${names.join(', ') || 'no tools'}.`,
    );
  }
  for (const { name, call, parameters } of tools) {
    const schema = typeof parameters === 'object' && parameters && !Array.isArray(parameters);
    if (typeof call === 'function' && schema) continue;
    throw new EfEnvError(
      'option',
      `toolEnvironment: ${name} must have ${schema ? `a function call, got ${typeof call}` : `parameters, a JSON schema of type 'object', got ${JSON.stringify(parameters)}`}.`,
    );
  }
}

function checkLimits(limits: Record<string, number>): void {
  for (const [name, value] of Object.entries(limits)) {
    if (value > 0) continue;
    throw new EfEnvError('option', `toolEnvironment: ${name} must be above 0, got ${value}.`);
  }
}
