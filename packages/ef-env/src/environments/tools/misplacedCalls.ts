import { codeFences } from '../../text/codeFences.ts';
import { missedAction } from '../../text/missedAction.ts';
import type { Turn } from '../../text/readTurn.ts';
import type { Tool } from './tool.ts';

/** Calls that a turn without a real one holds, where nobody makes them. */
export interface MisplacedCalls {
  count: number;
  /** What the policy is told; `''` = the turn is a final answer all the same. */
  said: string;
}

/** Looks for calls in the thought, and for the JSON of one in a block of code or without any marks. */
export function misplacedCalls(turn: Turn, tools: readonly Pick<Tool, 'name'>[]): MisplacedCalls {
  const { answer, thoughtCalls } = turn;
  const bare = [answer, ...codeFences(answer).map(({ start, end }) => answer.slice(start, end))];
  const unmarked = bare.filter((text) => isCall(text, tools)).length;
  const count = thoughtCalls + unmarked;
  if (unmarked > 0) {
    const said = 'The call was not made: it must stand between <tool_call> and </tool_call>.';
    return { count, said };
  }
  const missed = missedAction(turn, 'a call or the answer');
  const notMade = thoughtCalls > 0 ? ' Calls inside the thought are not made.' : '';
  return { count, said: missed === '' ? '' : `${missed}${notMade}` };
}

/** `{"name": ..., "arguments": {...}}` of a tool that there is, bare or as OpenAI nests it, or a list of such. */
function isCall(text: string, tools: readonly Pick<Tool, 'name'>[]): boolean {
  if (!/^\s*[[{]/.test(text)) return false;
  try {
    const value: unknown = JSON.parse(text);
    const calls: unknown[] = Array.isArray(value) ? value : [value];
    return calls.length > 0 && calls.every((call) => namesTool(call, tools));
  } catch {
    return false;
  }
}

function namesTool(call: unknown, tools: readonly Pick<Tool, 'name'>[]): boolean {
  const fields = Object(call);
  const { name, arguments: args, parameters = args } = fields.function ?? fields;
  return parameters !== undefined && tools.some((tool) => tool.name === name);
}
