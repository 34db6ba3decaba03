import { spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { runLosses } from './losses.ts';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** `pnpm conformance` with arguments. */
function conformance(...args: string[]) {
  const options = ['--conditions=@molrl/source', '--import', 'tsx', here('run.ts'), ...args];
  return spawnSync(process.execPath, options, { cwd: here('..'), encoding: 'utf8' });
}

test('every golden case of the losses family passes', { timeout: 120_000 }, async () => {
  const results = await runLosses(here('fixtures/losses'));
  expect(results.flatMap(({ suite, failures }) => failures.map((f) => `${suite}: ${f}`))).toEqual(
    [],
  );
  expect(results.filter(({ absent }) => absent)).toEqual([]);
});

describe('pnpm conformance', { timeout: 60_000 }, () => {
  test('an unknown family is one clear line', () => {
    const { status, stderr } = conformance('--family', 'loses');
    expect(status).toBe(1);
    expect(stderr).toContain("unknown family 'loses'. Known: qwen3, llama, losses, env, real.");
  });

  test('a folder without cases fails, and names what is absent', () => {
    const empty = mkdtempSync(join(tmpdir(), 'molrl-conformance-'));
    const { status, stdout } = conformance('--family', 'losses', '--fixtures', empty, '--json');
    expect(status).toBe(1);
    const { families } = JSON.parse(stdout);
    expect(families.length).toBeGreaterThan(10);
    expect(families.every(({ absent }: { absent: boolean }) => absent)).toBe(true);
    expect(Object.keys(families[0])).toEqual([
      'family',
      'suite',
      'passed',
      'failed',
      'absent',
      'floor',
    ]);
  });
});
