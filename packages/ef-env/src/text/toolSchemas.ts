/** What a policy is told about a tool. */
export interface ToolDescription {
  name: string;
  /** What it does and when to use it: the policy reads this. */
  description: string;
  /** JSON schema of the arguments, an object. */
  parameters: Record<string, unknown>;
}

/** A tool as chat templates and servers take it. */
export interface ToolSchema {
  type: 'function';
  function: ToolDescription;
}

/** The tools in the form that chat templates take as `tools`. */
export function toolSchemas(tools: readonly ToolDescription[]): ToolSchema[] {
  return tools.map(({ name, description, parameters }) => ({
    type: 'function',
    function: { name, description, parameters },
  }));
}
