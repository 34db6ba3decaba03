import { checkPlan, type Plan } from './plan.ts';
import type { Action } from './session.ts';

/** A run to be shared: what decides its outcome, what was done while it went, and what came out. */
export interface RunFile {
  format: 'molrl-run';
  version: 1;
  plan: Plan;
  actions: Action[];
  /** Updates and waves of episodes that were made. */
  updates: number;
  /** Kernels and device that computed it: only the same gives the same bits. */
  device: string;
  /** {@link digestOf} its state. */
  digest: string;
}

export const writeRunFile = (run: Omit<RunFile, 'format' | 'version'>): string =>
  `${JSON.stringify({ format: 'molrl-run', version: 1, ...run }, null, 2)}\n`;

/** @throws {Error} One line for what is no such file. */
export function readRunFile(text: string): RunFile {
  const fail = (what: string): never => {
    throw new Error(`run file: ${what}`);
  };
  let value: Partial<RunFile>;
  try {
    value = JSON.parse(text) as Partial<RunFile>; // checked below
  } catch (error) {
    return fail(`it is not JSON (${(error as Error).message}).`); // JSON.parse throws SyntaxError
  }
  if (value?.format !== 'molrl-run') fail('it must say "format": "molrl-run".');
  if (value.version !== 1) fail(`version 1 can be read, got ${value.version}.`);
  const { plan, actions, updates, device, digest } = value;
  if (!plan || !Array.isArray(actions) || !Number.isInteger(updates) || !device || !digest)
    return fail('plan, actions, updates, device and digest must all be there.');
  return { ...(value as RunFile), plan: checkPlan(plan) };
}
