import type { ToolDescription } from '../../text/toolSchemas.ts';

/** A function that a policy may call; calls that do not fit its `parameters` do not reach `call`. */
export interface Tool<State = unknown> extends ToolDescription {
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
