import { importAgentTrace } from '@molrl/ef-env';
import { countedSuite } from './envSuite.ts';
import type { Golden } from './lossesSuite.ts';
import type { SuiteResult } from './suiteResult.ts';

/** Runs of a code agent: every message in its place, and the marked parts of the environment's ones. */
export function agentTraces(rows: Golden[]): SuiteResult {
  return countedSuite('traces', 1, (check) => {
    for (const row of rows) {
      const { segments } = importAgentTrace(row, { id: 'row' });
      const texts =
        segments.map(({ text }) => text).join('\u0000') ===
        row.messages.map((m: Golden) => m.content).join('\u0000');
      const environment = segments
        .flatMap(({ kind }, i) => (kind === 'environment' ? [i] : []))
        .join();
      const expected = row.messages
        .flatMap((m: Golden, i: number) => (m.role === 'user' && i >= 3 ? [i] : []))
        .join();
      check(`${row.id} messages`, texts && environment === expected, environment);
      const marked = segments.flatMap(({ text, spans = [] }, message) =>
        spans.map(
          ({ start, end, label }) =>
            `${message} ${label} ${Buffer.from(text).subarray(start, end).toString()}`,
        ),
      );
      const want = row.feedback.map(
        ({ message, start, end, kind }: Golden) =>
          `${message} ${kind} ${row.messages[message].content.slice(start, end)}`,
      );
      check(
        `${row.id} feedback`,
        marked.join('\u0000') === want.join('\u0000'),
        `${marked.length} of ${want.length} parts`,
      );
    }
  });
}
