import { type GymFamilyName, gymScore } from '@molrl/ef-env';
import { countedSuite } from './envSuite.ts';
import type { Golden } from './lossesSuite.ts';
import type { SuiteResult } from './suiteResult.ts';

/** One suite per family: every recorded answer gets the reference's score. */
export function reasoningSuites({ tasks }: Golden): SuiteResult[] {
  return Object.entries<Golden>(tasks).map(([family, { configs, entries }]) =>
    countedSuite(`reasoning/${family}`, 1, (check) => {
      for (const { level, index, question, answer, metadata, candidates } of entries) {
        const { min_value: minValue, max_value: maxValue } = configs[level];
        for (const [label, text, expected, unknown = []] of candidates) {
          const { score } = gymScore(
            { family: family as GymFamilyName, question, answer, data: metadata }, // keys are the family names
            text,
            {
              scoring: 'reasoning-gym',
              minValue,
              maxValue,
              isWord: (word) => !unknown.includes(word),
            },
          );
          const ok =
            typeof expected === 'string'
              ? score === null
              : score !== null && Math.abs(score - expected) < 1e-8;
          check(`${level} ${index} ${label}`, ok, `${score} instead of ${expected}`);
        }
      }
    }),
  );
}
