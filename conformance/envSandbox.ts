import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type CodeProgram,
  type CodeResult,
  javascriptSandbox,
  pythonSandbox,
  type Sandbox,
} from '@molrl/ef-env';
import { countedSuite } from './envSuite.ts';
import type { Golden } from './lossesSuite.ts';
import type { SuiteResult } from './suiteResult.ts';

const SANDBOXES = { javascript: javascriptSandbox, python: pythonSandbox };
/** Programs at once, in workers of their own. */
const CONCURRENCY = 2;

/** One suite per language: the programs of `code_cases.json`, run beside a file and a variable they must not see. */
export async function sandboxSuites({ limits, cases }: Golden): Promise<SuiteResult[]> {
  return await withCanary(async (folder) => {
    const suites: SuiteResult[] = [];
    for (const [lang, makeSandbox] of Object.entries(SANDBOXES)) {
      const sandbox = makeSandbox({
        timeout: limits.timeout_ms,
        memoryMb: limits.memory_mb,
        outputBytes: limits.output_bytes,
        concurrency: CONCURRENCY,
      });
      const mine: Golden[] = cases.filter((c: Golden) => c.lang === lang);
      const faults = await Promise.all(mine.map((c) => faultOf(c, sandbox, folder)));
      await sandbox.dispose();
      suites.push(
        countedSuite(`sandbox/${lang}`, 1, (check) => {
          mine.forEach(({ id }, i) => void check(id, faults[i] === null, faults[i] ?? ''));
        }),
      );
    }
    return suites;
  });
}

/** The working directory holds canary.txt and the environment CANARY: both say LEAKED. */
async function withCanary<T>(body: (folder: string) => Promise<T>): Promise<T> {
  const before = process.cwd();
  const folder = mkdtempSync(join(tmpdir(), 'canary-'));
  writeFileSync(join(folder, 'canary.txt'), 'LEAKED');
  process.env.CANARY = 'LEAKED';
  process.chdir(folder);
  try {
    return await body(folder);
  } finally {
    process.chdir(before);
    delete process.env.CANARY;
    rmSync(folder, { recursive: true });
  }
}

/** What is wrong with a case, or `null`. */
async function faultOf(c: Golden, sandbox: Sandbox, folder: string): Promise<string | null> {
  const { code, mode, tests } = c;
  const judged = { ...(tests && { tests }), ...(mode === 'stdio' && { compare: 'lines' }) }; // as the file's README says
  const result = await sandbox.run({ code, mode, ...judged } as CodeProgram);
  const fault = outcomeFault(c, result) ?? detailFault(c, result) ?? hostFault(c, folder);
  if (fault !== null || !c.expect.then) return fault;
  const { stdout } = await sandbox.run({ code: c.expect.then.code, mode: 'script' });
  return stdout === c.expect.then.stdout ? null : `the next program printed ${stdout}`;
}

const OUTCOMES: Record<string, (result: CodeResult, c: Golden) => boolean> = {
  any: () => true,
  'any-failure': ({ outcome }) => outcome !== 'pass',
  denied: ({ outcome, stdout, stderr }, c) =>
    outcome === 'exception' ||
    (['pass', 'crash'].includes(outcome) &&
      (c.expect.host_file || !`${stdout}${stderr}`.includes('LEAKED'))),
  output_limit: ({ outcome }) => outcome === 'output-limit',
};

function outcomeFault({ expect, ...c }: Golden, result: CodeResult): string | null {
  const allowed: string[] = [expect.outcome, ...(expect.alt ?? [])];
  const fits = (name: string): boolean =>
    OUTCOMES[name]?.(result, { expect, ...c }) ?? result.outcome === name;
  return allowed.some(fits) ? null : `${result.outcome}: ${result.feedback}`;
}

/** What is said of the tests, the exception and its line. */
function detailFault({ expect, host, code }: Golden, result: CodeResult): string | null {
  for (const key of ['passed', 'total'] as const) {
    if (key in expect && result[key] !== expect[key]) return `${key} is ${result[key]}`;
  }
  if ('got' in expect && result.failure?.got !== JSON.stringify(expect.got)) {
    return `got ${result.failure?.got}`;
  }
  if (result.exception === null || expect.outcome === 'denied') return null;
  const { name, message, line } = result.exception;
  const names = 'exception' in expect ? [expect.exception] : expect.exception_any;
  if (names && !names.includes(name)) return `the exception is ${name}`;
  if ('message' in expect && message !== expect.message) return `the message is ${message}`;
  // lines after the program are of the reference's own code; a thrown value that is no error has none here
  const known = host.line !== null && host.line <= code.trimEnd().split('\n').length;
  if (host.outcome !== 'exception' || !known || host.line === line) return null;
  return name === null && line === null ? null : `the line is ${line}, not ${host.line}`;
}

function hostFault({ expect }: Golden, folder: string): string | null {
  const planted = expect.host_file && existsSync(join(folder, expect.host_file));
  return planted ? `${expect.host_file} lies in the host's folder` : null;
}
