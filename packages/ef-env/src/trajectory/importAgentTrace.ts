import { readOptions } from '../base/readOptions.ts';
import { utf8Length } from '../text/utf8Length.ts';
import { importConversation } from './importConversation.ts';
import type { ConversationMessage } from './readMessage.ts';
import type { RewardSpan } from './segment.ts';
import type { Trajectory } from './trajectory.ts';

/** A row of a data set of smolagents CodeAgent runs. */
export interface AgentTraceRow {
  id?: string | undefined;
  messages: readonly ConversationMessage[];
  final_answer?: unknown;
}

export interface ImportAgentTraceOptions {
  /** Used where the row has no id of its own. */
  id: string;
}

const LOGS = 'Observation:\nExecution logs:\n';
const OUTPUT = 'Last output from code snippet:\n';
/** After a failed call, or as the whole message where there was no code to call. */
const ERROR = /(?:^|\n)Call id: [^\n]*\nError:\n|^Error:\n/;
/** The fixed advice after an error: it says nothing about the attempt. */
const ADVICE = ['\nTry again', "\nNow let's retry"];

/** What an environment message says beyond its fixed words: prints, the last value, an error. */
interface Part {
  label: 'logs' | 'output' | 'error';
  /** UTF-16 offsets. */
  start: number;
  end: number;
}

function partsOf(text: string): Part[] {
  const logs = text.startsWith(LOGS) ? LOGS.length : -1;
  const error = ERROR.exec(text);
  const output = error === null ? text.lastIndexOf(OUTPUT) : -1;
  const parts: Part[] = [];
  if (logs >= 0) {
    const end = output >= logs ? output : (error?.index ?? text.length);
    parts.push({ label: 'logs', start: logs, end });
    if (output >= logs) {
      parts.push({ label: 'output', start: output + OUTPUT.length, end: text.length });
    }
  }
  if (error !== null) {
    const advice = Math.max(...ADVICE.map((words) => text.lastIndexOf(words)));
    const start = error.index + error[0].length;
    parts.push({ label: 'error', start, end: advice >= start ? advice : text.length });
  }
  return parts.filter(({ start, end }) => end > start);
}

/**
 * A run of a smolagents CodeAgent as a trajectory. The informative parts of each observation are marked as
 * spans labelled `logs`, `output` or `error` (UTF-8 offsets, reward 0): the fixed words around them and the
 * advice to try again are not marked.
 *
 * @throws {EfEnvError} `format` as `importConversation`.
 *
 * @see smolagents writes its memory so: https://github.com/huggingface/smolagents
 */
export function importAgentTrace(row: AgentTraceRow, options: ImportAgentTraceOptions): Trajectory {
  const given = readOptions('importAgentTrace', options, {
    id: 'required',
  });
  const mark = (text: string): RewardSpan[] =>
    partsOf(text).map(({ label, start, end }) => {
      const first = utf8Length(text.slice(0, start));
      return { start: first, end: first + utf8Length(text.slice(start, end)), reward: 0, label };
    });
  return importConversation(
    { messages: row.messages },
    {
      id: row.id ?? given.id,
      env: 'agent-trace',
      data: { final_answer: row.final_answer ?? null },
      mark,
    },
  );
}
