import { trlAccuracyReward } from '@molrl/ef-env';
import { countedSuite } from './envSuite.ts';
import type { Golden } from './lossesSuite.ts';
import type { SuiteResult } from './suiteResult.ts';

interface Case {
  text: string;
  solution: string;
  value: number | null;
}

/** TRL's accuracy rewards on the oracle's texts. */
function suite(
  name: string,
  groups: { cases: Case[]; reasoningDelimiters?: string[] }[],
): SuiteResult {
  return countedSuite(name, 1, (check) => {
    for (const { cases, reasoningDelimiters } of groups) {
      for (const { text, solution, value } of cases) {
        const got = trlAccuracyReward(solution, text, { reasoningDelimiters });
        check(`${solution} | ${text}`, got === value, `${got} instead of ${value}`);
      }
    }
  });
}

/** rewards.json: `accuracy`. */
export async function accuracyRewards(golden: Golden): Promise<SuiteResult> {
  return suite('rewards/accuracy', [{ cases: golden.accuracy }]);
}

/** rewards.json: `reasoning_accuracy` and `reasoning_accuracy_delimiters`. */
export async function reasoningAccuracyRewards(golden: Golden): Promise<SuiteResult> {
  const other = golden.reasoning_accuracy_delimiters;
  return suite('rewards/reasoning_accuracy', [
    { cases: golden.reasoning_accuracy, reasoningDelimiters: ['</think>'] },
    { cases: other.cases, reasoningDelimiters: other.reasoning_delimiters },
  ]);
}
