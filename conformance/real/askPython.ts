import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Has `reference.py` answer questions. @throws with what Python said if it fails. */
export function askPython(python: string, questions: object): Record<string, unknown> {
  const folder = mkdtempSync(join(tmpdir(), 'molrl-real-'));
  const [asked, answered] = [join(folder, 'questions.json'), join(folder, 'answers.json')];
  try {
    writeFileSync(asked, JSON.stringify(questions));
    const script = fileURLToPath(new URL('reference.py', import.meta.url));
    const run = spawnSync(python, [script, asked, answered], {
      encoding: 'utf8',
      maxBuffer: 2 ** 26,
    });
    if (run.status !== 0) {
      throw new Error(
        `${python} reference.py failed: ${run.error?.message ?? run.stderr.slice(-2000)}`,
      );
    }
    return JSON.parse(readFileSync(answered, 'utf8')) as Record<string, unknown>;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
