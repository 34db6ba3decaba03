// Reads what childTracker writes and hands it to @wandb/sdk. It runs in a process of its own, because the SDK ends its
// process at Ctrl-C, before the run could be saved.
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TrackedRun } from './tracker.ts';

/** The part of @wandb/sdk that is used. */
interface Wandb {
  init(options: object): Promise<unknown>;
  log(scalars: object, step: number): void;
  finish(): Promise<void>;
}

type Line = { run: TrackedRun } | { step: number; scalars: Record<string, number> };

const PACKAGE: string = '@wandb/sdk'; // optional: not resolved by the compiler

async function openWandb(): Promise<Wandb> {
  const found = await import(PACKAGE).catch(() => undefined);
  if (!found)
    throw new Error('the package @wandb/sdk is not installed. Run: pnpm add -w @wandb/sdk');
  return found.default as Wandb;
}

/** The SDK would ask for a key on stdin, which is not the user's here. */
function assertKey(): void {
  if (process.env.WANDB_API_KEY || existsSync(join(homedir(), '.netrc'))) return;
  throw new Error('no key. Set WANDB_API_KEY, which https://wandb.ai/authorize shows');
}

async function main(): Promise<void> {
  const wandb = await openWandb();
  assertKey();
  for await (const text of createInterface({ input: process.stdin })) {
    const line = JSON.parse(text) as Line; // written by childTracker
    if (!('run' in line)) {
      wandb.log(line.scalars, line.step);
      continue;
    }
    const { project, name, id, config } = line.run;
    await wandb.init({ project, name, id, config, resume: 'allow' });
  }
  await wandb.finish();
}

main().then(
  () => process.exit(0),
  (error: Error) => {
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  },
);
