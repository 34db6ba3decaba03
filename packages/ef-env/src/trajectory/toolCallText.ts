import { EfEnvError } from '../base/errors.ts';
import { jsonFault } from '../data/jsonFault.ts';
import { pythonJson } from './pythonJson.ts';

/** A call as OpenAI nests it, or bare. */
export type MessageToolCall = { function: MessageFunction } | MessageFunction;

export interface MessageFunction {
  name: string;
  /** As JSON text, or as an object; absent, `null` or an empty text = no arguments. */
  arguments?: unknown;
}

/**
 * A call as Qwen3 and Hermes models write it, with the blanks of their template:
 * `<tool_call>\n{"name": ..., "arguments": ...}\n</tool_call>`.
 *
 * @param where - What errors call the message.
 * @throws {EfEnvError} `format` for a call without a name, or with arguments that are neither text nor JSON.
 */
export function toolCallText(call: MessageToolCall, where: string): string {
  const { name, arguments: given } = Object(
    (call as Partial<{ function: unknown }>)?.function ?? call,
  );
  if (typeof name !== 'string' || name === '') {
    throw new EfEnvError(
      'format',
      `${where} has a tool call without a name: ${JSON.stringify(call)?.slice(0, 80)}. It must be { function: { name, arguments } }.`,
    );
  }
  return `<tool_call>\n{"name": ${JSON.stringify(name)}, "arguments": ${argumentsText(given, `${where} calls ${name}: arguments`)}}\n</tool_call>`;
}

function argumentsText(given: unknown, where: string): string {
  if (given === undefined || given === null) return '{}';
  if (typeof given === 'string') return given.trim() === '' ? '{}' : given;
  const fault = jsonFault(given, where);
  if (fault !== null) throw new EfEnvError('format', `${fault}.`);
  return pythonJson(given);
}
