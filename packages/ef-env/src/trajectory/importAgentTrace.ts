import { type ConversationMessage, importConversation } from './importConversation.ts';
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

const LOGS = 'Execution logs:\n';
const OUTPUT = 'Last output from code snippet:\n';
const ERROR = 'Error:\n';
/** The fixed advice after an error: it says nothing about the attempt. */
const ADVICE = /\n(?:Try again|Now let's retry)[\s\S]*$/;

/** What an environment message says beyond its fixed words: prints, the last value, an error. */
interface Part {
  label: 'logs' | 'output' | 'error';
  /** UTF-16 offsets. */
  start: number;
  end: number;
}

function partsOf(text: string): Part[] {
  const parts: Part[] = [];
  const logs = text.startsWith(`Observation:\n${LOGS}`)
    ? 'Observation:\n'.length + LOGS.length
    : -1;
  const error = /(?:^|\n)(?:Call id: [^\n]*\n)?Error:\n/.exec(text);
  const output = text.lastIndexOf(`\n${OUTPUT}`) + 1;
  const hasOutput = output > 0 && logs >= 0 && error === null;
  if (logs >= 0) {
    const end = hasOutput ? output : (error?.index ?? text.length);
    if (end > logs) parts.push({ label: 'logs', start: logs, end });
  }
  if (hasOutput && text.length > output + OUTPUT.length) {
    parts.push({ label: 'output', start: output + OUTPUT.length, end: text.length });
  }
  if (error !== null) {
    const start = error.index + error[0].lastIndexOf(ERROR) + ERROR.length;
    const advice = ADVICE.exec(text.slice(start));
    parts.push({
      label: 'error',
      start,
      end: advice === null ? text.length : start + advice.index,
    });
  }
  return parts.filter(({ start, end }) => end > start);
}

const encoder = new TextEncoder();
const bytes = (text: string): number => encoder.encode(text).length;

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
  const mark = (text: string): RewardSpan[] =>
    partsOf(text).map(({ label, start, end }) => {
      const first = bytes(text.slice(0, start));
      return { start: first, end: first + bytes(text.slice(start, end)), reward: 0, label };
    });
  return importConversation(
    { messages: row.messages },
    {
      id: row.id ?? options.id,
      env: 'agent-trace',
      data: { final_answer: row.final_answer ?? null },
      mark,
    },
  );
}
