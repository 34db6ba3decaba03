import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

import { NODE_FLAGS } from './processes/nodeFlags.ts';

const run = promisify(execFile);

test.each<[string, RegExp]>([
  ['groupAdvantages', /by group std \(TRL\) +0\.866 +-0\.866/],
  ['molLossByHand', /after 2 steps: loss 0\.\d+|after 2 steps: loss 1\.\d+/],
  ['generate', /3142 rev 2413 left 4132 inc 5243/],
  ['customPolicy', /step 2 +reward 0\.\d+/],
  ['grpoLoop', /step 2 +reward 0\.\d+/],
  ['molLoop', /step 2 +CE \d\.\d+ +KL 0\.\d+\nheld-out chains right/],
  ['ownData', /8 rows, 58368 trained numbers\nstep 1 .*\nstep 2 +reward 0\.\d+/],
  ['ownFeedback', /feedback after: \d\.\d+ nats per token/],
  ['foreignLoss', /step 2 +loss \d+\.\d+/],
])('%s runs', async (name, expected) => {
  const file = fileURLToPath(new URL(`${name}.ts`, import.meta.url));
  const { stdout } = await run(process.execPath, [...NODE_FLAGS, file, '2']);
  expect(stdout).toMatch(expected);
});
