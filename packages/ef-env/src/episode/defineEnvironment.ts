import { readOptions } from '../base/readOptions.ts';
import type { Opening } from '../trajectory/utterance.ts';
import type { Environment, EnvironmentDefinition } from './environment.ts';
import { holdState } from './holdState.ts';

/**
 * Makes an environment of two functions. They may be synchronous or asynchronous; each episode has its
 * own `state`.
 *
 * @example
 * const echo = defineEnvironment<{ word: string }, string>({
 *   name: 'echo',
 *   reset: (task) => ({ observation: `Say ${task.word}.`, state: task.word }),
 *   step: (word, action) =>
 *     action === word
 *       ? { feedback: 'Right.', reward: 1, done: true }
 *       : { feedback: `That was ${action}, not ${word}.`, reward: 0, done: false },
 * });
 */
export function defineEnvironment<Task, State>(
  definition: EnvironmentDefinition<Task, State>,
): Environment<Task> {
  const given = readOptions('defineEnvironment', definition, {
    name: 'required',
    reset: 'required',
    step: 'required',
    system: 'optional',
    rubric: 'optional',
    concurrency: 'optional',
    maxTurns: 'optional',
    close: 'optional',
  });
  const { name, system, rubric, concurrency, maxTurns } = given;
  return {
    name,
    system,
    rubric,
    concurrency,
    maxTurns,
    start: () => {
      const held = holdState<Task, { observation: Opening; state: State }>(given);
      return {
        reset: async (task, options) => (await held.reset(task, options)).observation,
        step: async (action, options) => given.step(held.state, action, options),
        ...(given.close && { close: held.close }),
      };
    },
  };
}
