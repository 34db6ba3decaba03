import { checkList } from '../base/checkData.ts';
import { type ToolDescription, toolSchemas } from './toolSchemas.ts';

/**
 * System text that tells a policy which tools there are and how to call them: one line of JSON per tool.
 *
 * @example
 * const clock = { name: 'clock', description: 'The time.', parameters: { type: 'object' }, call: () => '12:00' };
 * toolsPrompt([clock]).includes('{"type":"function","function":{"name":"clock"'); // true
 */
export function toolsPrompt(tools: readonly ToolDescription[]): string {
  checkList('toolsPrompt', 'tools', tools);
  return toolsManual(tools, 'A turn without a call is your final answer.');
}

/** The same, with what a turn without a call does. */
export function toolsManual(tools: readonly ToolDescription[], withoutCall: string): string {
  return [
    'There are tools that you can use. Each line between <tools> and </tools> is the JSON description of one:',
    `<tools>\n${toolSchemas(tools)
      .map((schema) => JSON.stringify(schema))
      .join('\n')}\n</tools>`,
    'To use a tool, write its name and its arguments as a JSON object, like this, and end your turn:',
    '<tool_call>\n{"name": "name of the tool", "arguments": {"name of an argument": "its value"}}\n</tool_call>',
    `You may make several calls in a turn. You will be told their results. ${withoutCall}`,
  ].join('\n');
}
