import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { accuracyRewards, reasoningAccuracyRewards } from './envRewards.ts';
import { groupEstimators, tokenEstimators, trlAdvantages } from './lossesAdvantages.ts';
import { components, corrections } from './lossesCorrections.ts';
import { evaluation, rewards } from './lossesEvaluation.ts';
import { kl, logprobs, reductions } from './lossesKl.ts';
import { molHead, molLarge, molNasty, molSmall } from './lossesMol.ts';
import { policyLosses } from './lossesPolicy.ts';
import { decode, type Golden } from './lossesSuite.ts';
import { trlEntropyMask, trlGmpo, trlIsRatio, trlLoss } from './lossesTrl.ts';
import { absentSuite, type SuiteResult } from './suiteResult.ts';

type Read = (file: string) => Golden;

/** Each suite: its name, the file it reads, and how to run it; without a runner it comes later. */
const SUITES: [
  suite: string,
  file: string,
  run?: (read: Read, folder: string) => Promise<SuiteResult>,
][] = [
  ['advantages/trl', 'advantages.json', (read) => trlAdvantages(read('advantages.json'))],
  ['advantages/groups', 'advantages.json', (read) => groupEstimators(read('advantages.json'))],
  ['advantages/tokens', 'advantages.json', (read) => tokenEstimators(read('advantages.json'))],
  ['kl', 'kl.json', (read) => kl(read('kl.json'))],
  ['logprobs', 'logprobs.json', (read) => logprobs(read('logprobs.json'))],
  ['reductions', 'reductions.json', (read) => reductions(read('reductions.json'))],
  ['trl/grpo_loss', 'trl_grpo_loss.json', (read) => trlLoss(read('trl_grpo_loss.json'))],
  ['trl/is_ratio', 'trl_grpo_loss.json', (read) => trlIsRatio(read('trl_grpo_loss.json'))],
  ['trl/entropy_mask', 'trl_grpo_loss.json', (read) => trlEntropyMask(read('trl_grpo_loss.json'))],
  [
    'trl/gmpo_loss',
    'trl_gmpo_loss.json',
    (read) => trlGmpo(read('trl_gmpo_loss.json'), read('trl_grpo_loss.json').batches),
  ],
  ['policy_losses', 'policy_losses.json', (read) => policyLosses(read('policy_losses.json'))],
  ['corrections', 'policy_losses.json', (read) => corrections(read('policy_losses.json'))],
  ['components', 'policy_losses.json', (read) => components(read('policy_losses.json'))],
  ['mol_small', 'mol_small.json', (read) => molSmall(read('mol_small.json'))],
  ['mol_nasty', 'mol_nasty.json', (read) => molNasty(read('mol_nasty.json'))],
  ['mol_large', 'mol_large.json', (read) => molLarge(read('mol_large.json'))],
  ['mol_head', 'mol_head.json', (read) => molHead(read('mol_head.json'))],
  ['metrics', 'metrics.json', (read) => evaluation(read('metrics.json'))],
  ['rewards/shaping', 'rewards.json', (read) => rewards(read('rewards.json'))],
  ['rewards/accuracy', 'rewards.json', (read) => accuracyRewards(read('rewards.json'))],
  [
    'rewards/reasoning_accuracy',
    'rewards.json',
    (read) => reasoningAccuracyRewards(read('rewards.json')),
  ],
  [
    'trajectory_grpo',
    'trajectory_grpo.json',
    async (read, folder) =>
      (await import('./lossesTrajectory.ts')).trajectoryGrpo(read('trajectory_grpo.json'), folder),
  ],
  [
    'trajectory_mol',
    'trajectory_mol.json',
    async (read, folder) =>
      (await import('./lossesTrajectory.ts')).trajectoryMol(read('trajectory_mol.json'), folder),
  ],
];

/** Runs every suite of the family; what is not built or not in the folder is absent. */
export async function runLosses(fixturesDir: string): Promise<SuiteResult[]> {
  const files = new Map<string, Golden>();
  const read: Read = (file) => {
    if (!files.has(file)) {
      files.set(file, decode(JSON.parse(readFileSync(join(fixturesDir, file), 'utf8'))));
    }
    return files.get(file);
  };
  const results: SuiteResult[] = [];
  for (const [suite, file, run] of SUITES) {
    const isThere = run && existsSync(join(fixturesDir, file));
    results.push(isThere ? await run(read, fixturesDir) : absentSuite(suite));
  }
  return results;
}
