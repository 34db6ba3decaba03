import type { CheckedProgram, CheckedTest } from './checkProgram.ts';
import { codeFeedback } from './codeFeedback.ts';
import type { RunLimits, RunReport } from './runReport.ts';
import type { CodeFailure, CodeOutcome, CodeResult, Reveal } from './sandbox.ts';

/** How one test went. */
interface Verdict {
  outcome: CodeOutcome;
  got: string | null;
}

/** Judges a report on the host's side: the program never saw what was expected. */
export function judgeRun(
  program: CheckedProgram,
  report: RunReport,
  { limits, reveal }: { limits: RunLimits; reveal: Reveal },
): CodeResult {
  const { tests } = program;
  const verdicts = report.tests.map((run, i) => judgeTest(tests[i], run));
  if (report.cut !== null) {
    const at = Math.min(verdicts.length, tests.length - 1); // a crash after the last test is that test's
    verdicts[at] = { outcome: report.cut, got: null };
  }
  const failed = verdicts.findIndex(({ outcome }) => outcome !== 'pass');
  const at = failed < 0 ? tests.length - 1 : failed;
  const { outcome, got } = verdicts[at] ?? { outcome: 'crash', got: null };
  const { shown: input = '', expected = null } = tests[at] ?? {};
  const run = report.tests[at];
  const failure: CodeFailure | null =
    failed < 0 || program.mode === 'script' ? null : { test: failed, input, expected, got };
  const result = {
    outcome,
    passed: verdicts.filter((verdict) => verdict.outcome === 'pass').length,
    total: tests.length,
    stdout: (run ?? report.unfinished).stdout,
    stderr: (run ?? report.unfinished).stderr,
    exception: outcome === 'exception' ? (run?.exception ?? null) : null,
    failure,
    milliseconds: report.milliseconds,
  };
  const { shown, isTests = false } = run ?? {};
  const feedback = codeFeedback(program, result, { limits, reveal, shown, isTests });
  return { ...result, feedback };
}

function judgeTest(test: CheckedTest | undefined, run: RunReport['tests'][number]): Verdict {
  if (test === undefined) return { outcome: 'crash', got: null };
  if (run.exception !== null) return { outcome: 'exception', got: null };
  if (test.expected === null) return { outcome: 'pass', got: null };
  const got = test.isOutput ? run.stdout : run.result;
  return { outcome: test.holds(run) ? 'pass' : 'wrong', got };
}
