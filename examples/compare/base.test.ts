import { fileURLToPath } from 'node:url';
import { openCpu } from '@molrl/tensor-gpu';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { measureBase } from '../pretrain/measureBase.ts';
import type { Learner } from '../trainer/method/learner.ts';
import { loadLearner } from '../trainer/method/loadLearner.ts';

let learner: Learner;
beforeAll(async () => {
  await openCpu();
  const model = fileURLToPath(new URL('base', import.meta.url));
  learner = await loadLearner({ model, format: 'auto' });
});
afterAll(() => learner.dispose());

test('the base of the harder domains knows its skills, and begins in each domain with little', async () => {
  const { signal } = new AbortController();
  const { domains, skills, textNll } = await measureBase(learner, { tasks: 96, signal });
  expect(skills.plain).toBeGreaterThan(0.95);
  expect(skills.defs).toBeGreaterThan(0.95);
  for (const start of Object.values(domains)) {
    expect(start).toBeGreaterThan(0);
    expect(start).toBeLessThan(0.75);
  }
  expect(textNll).toBeLessThan(3);
}, 60_000);
