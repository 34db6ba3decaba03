/** A function that a policy may call. */
export interface Tool<State = unknown> {
  name: string;
  /** What it does and when to use it: the policy reads this. */
  description: string;
  /** JSON schema of the arguments, an object; calls that do not fit it do not reach `call`. */
  parameters: Record<string, unknown>;
  /**
   * Runs a call. Text is shown to the policy as it is, anything else as JSON; what it throws is shown as an error. So is
   * what JSON would change in silence: a Map or Set, NaN, bytes, a function, an object of a class without `toJSON`.
   *
   * @param args - The arguments, checked against `parameters`: give them the type that the schema says.
   * @param context - The episode's state, and a signal that is aborted when the call's time is over.
   */
  call(args: Record<string, unknown>, context: ToolContext<State>): unknown;
}

export interface ToolContext<State> {
  state: State;
  signal: AbortSignal;
}

/** A tool as chat templates and servers take it. */
export interface ToolSchema {
  type: 'function';
  function: { name: string; description: string; parameters: Record<string, unknown> };
}

/** The tools in the form that chat templates take as `tools`. */
export function toolSchemas(
  tools: readonly Pick<Tool, 'name' | 'description' | 'parameters'>[],
): ToolSchema[] {
  return tools.map(({ name, description, parameters }) => ({
    type: 'function',
    function: { name, description, parameters },
  }));
}
