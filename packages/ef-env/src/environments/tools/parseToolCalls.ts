import { checkText } from '../../base/checkData.ts';
import { inexactNumber, inexactWords } from '../../data/exactNumbers.ts';
import { readTurn } from '../../text/readTurn.ts';
import type { TurnPart } from '../../text/turnParts.ts';

/** A call as the policy wrote it, or what is wrong with it. */
export type ParsedToolCall = { name: string; arguments: unknown } | { error: string };

/**
 * The tool calls of a turn in the form of Hermes and Qwen3 models,
 *
 *     <tool_call>
 *     {"name": "search", "arguments": {"query": "..."}}
 *     </tool_call>
 *
 * after the last `</think>`; none = `[]`. A call is read by its JSON, whatever marks stand in its strings. It may lack
 * its end mark: samplers cut there. One without readable JSON reaches to its end mark, to the next call or to the end.
 *
 * @example
 * parseToolCalls('<think>Hm.</think><tool_call>{"name": "clock", "arguments": {}}</tool_call>');
 * // [{ name: 'clock', arguments: {} }]
 */
export function parseToolCalls(action: string): ParsedToolCall[] {
  checkText('parseToolCalls', 'action', action);
  const { calls, start, answer } = readTurn(action);
  return calls.map((call, i) => {
    const next = calls[i + 1]?.start ?? start + answer.length;
    return readCall(callText(action, call, next));
  });
}

/** From the mark to the end mark; without one to the end of the JSON, without that to the next call. */
function callText(action: string, call: TurnPart, next: number): string {
  const begin = call.start + '<tool_call>'.length;
  const close = action.indexOf('</tool_call>', call.end);
  const without = call.end > begin ? call.end : next;
  const end = close >= 0 && close < next ? close : without;
  return action.slice(begin, end).trim();
}

const FORM = 'A call is {"name": ..., "arguments": {...}}.';

function readCall(text: string): ParsedToolCall {
  try {
    const call: unknown = JSON.parse(text);
    const inexact = inexactNumber(text);
    if (inexact) return { error: `the call holds ${inexactWords(inexact)}` };
    if (typeof call === 'object' && call !== null && 'name' in call) {
      const { name, arguments: args = {} } = call as { name: unknown; arguments?: unknown }; // has a name
      if (typeof name === 'string') return { name, arguments: args };
    }
    return { error: `the call has no name. ${FORM}` };
  } catch (error) {
    return { error: `the call is not JSON: ${(error as Error).message}. ${FORM}` }; // JSON.parse throws a SyntaxError
  }
}
