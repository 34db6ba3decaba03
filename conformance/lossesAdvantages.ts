import {
  adaptiveKlCoef,
  broadcastTurns,
  type Convention,
  combineRewards,
  gae,
  gdpoAdvantages,
  groupAdvantages,
  isStdZero,
  klInReward,
  maxRlAdvantages,
  passAtkAdvantages,
  reinforcePlusPlusAdvantages,
  reinforcePlusPlusBaselineAdvantages,
  rlooAdvantages,
  tokenReturns,
  topTwoAdvantages,
  turnReturns,
  whiten,
} from '@molrl/grpo';
import { assertClose, flat, type Golden, goldenSuite } from './lossesSuite.ts';
import type { SuiteResult } from './suiteResult.ts';

const TOLERANCE = 1e-9;

/** Which of the golden normalisations each implementation uses. */
const CONVENTIONS: Record<Convention, Golden> = {
  trl: { ddof: 1, eps: 1e-4, scale: 'group', single: 'zero' },
  verl: { ddof: 1, eps: 1e-6, scale: 'group', single: 'raw' },
  skyrl: { ddof: 1, eps: 1e-6, scale: 'group', single: 'raw' },
  openrlhf: { ddof: 1, eps: 1e-9, scale: 'group', single: 'zero' },
  mlx: { ddof: 0, eps: 1e-4, scale: 'group', single: 'zero' },
};

/** Columns of `[n, F]` rewards: one array per reward function, NaN as null. */
const columns = (rows: number[][]): (number | null)[][] =>
  rows[0]!.map((_, f) => rows.map((row) => (Number.isNaN(row[f]) ? null : row[f]!)));

/** advantages.json, the cases made by TRL. */
export const trlAdvantages = (golden: Golden): Promise<SuiteResult> =>
  goldenSuite('advantages/trl', async (run) => {
    for (const [k, c] of golden.trl_grpo.cases.entries()) {
      const label = `${c.rewards ?? 'inline'} ${c.scale_rewards} ${c.aggregation} #${k}`;
      await run(label, () => {
        const rewards = columns(c.rewards_inline ?? golden.trl_grpo.reward_sets[c.rewards]);
        const grouping = { numGenerations: c.num_generations };
        const combined = combineRewards(rewards, c.weights ?? undefined);
        if (c.aggregation === 'normalize_then_sum') {
          const got = gdpoAdvantages(rewards, { ...grouping, weights: c.weights ?? undefined });
          assertClose('advantages', got, c.advantages, TOLERANCE);
          return;
        }
        const options = { ...grouping, scaleRewards: c.scale_rewards };
        assertClose('combined', combined, c.combined_reward, TOLERANCE);
        assertClose('advantages', groupAdvantages(combined, options), c.advantages, TOLERANCE);
        assertClose('is_std_zero', isStdZero(combined, options), c.is_std_zero, 0);
      });
    }
    for (const [k, c] of golden.trl_rloo.cases.entries()) {
      await run(`rloo ${c.rewards} #${k}`, () => {
        const rewards = columns(golden.trl_grpo.reward_sets[c.rewards]);
        const got = rlooAdvantages(combineRewards(rewards, c.weights), {
          numGenerations: c.num_generations,
          normalizeAdvantages: c.normalize_advantages,
          rewardClipRange: c.reward_clip_range,
        });
        assertClose('advantages', got, c.advantages, TOLERANCE);
      });
    }
  });

/** advantages.json, one estimate per group or sequence. */
export const groupEstimators = (golden: Golden): Promise<SuiteResult> =>
  goldenSuite('advantages/groups', async (run) => {
    const { rewards, groups: groupIds } = golden.group_norm;
    for (const c of golden.group_norm.cases) {
      await run(`group_norm ddof ${c.ddof} eps ${c.eps} ${c.scale} ${c.single}`, () => {
        const got = groupAdvantages(rewards, {
          groupIds,
          scaleRewards: c.scale,
          ddof: c.ddof,
          eps: c.eps,
          lone: c.single,
        });
        assertClose('advantages', got, c.advantages, TOLERANCE);
      });
    }
    for (const [convention, want] of Object.entries(CONVENTIONS)) {
      await run(`convention ${convention}`, () => {
        const c = golden.group_norm.cases.find((other: Golden) =>
          Object.entries(want).every(([key, value]) => other[key] === value),
        );
        const got = groupAdvantages(rewards, { groupIds, convention: convention as Convention });
        assertClose('advantages', got, c.advantages, TOLERANCE);
      });
    }
    for (const c of golden.rloo.cases) {
      await run(`rloo ${c.single}`, () => {
        const { rewards: r, groups } = golden.rloo;
        const got = rlooAdvantages(r, { groupIds: groups, lone: c.single });
        assertClose('advantages', got, c.advantages, TOLERANCE);
      });
    }
    for (const [k, c] of golden.maxrl.entries()) {
      await run(`maxrl #${k}`, () => {
        const got = maxRlAdvantages(c.rewards, { groupIds: c.groups, eps: c.eps });
        assertClose('advantages', got, c.advantages, TOLERANCE);
      });
    }
    for (const c of golden.passk_top2.cases) {
      await run(`top two norm ${c.norm} eps ${c.eps}`, () => {
        const { rewards: r, groups } = golden.passk_top2;
        const got = topTwoAdvantages(r, { groupIds: groups, normalize: c.norm, eps: c.eps });
        assertClose('advantages', got, c.advantages, TOLERANCE);
      });
    }
    for (const [k, c] of golden.passk_combinatorial.entries()) {
      await run(`pass@k k ${c.k} #${k}`, () => {
        const got = passAtkAdvantages(c.rewards, { numGenerations: c.rewards.length, k: c.k });
        assertClose('advantages', got, c.advantages, TOLERANCE);
      });
    }
  });

/** advantages.json, per token. */
export const tokenEstimators = (golden: Golden): Promise<SuiteResult> =>
  goldenSuite('advantages/tokens', async (run) => {
    const batch = (tokenRewards: Golden, mask: Golden) => ({
      tokenRewards: flat(tokenRewards),
      completionMask: flat(mask),
      sequenceLength: mask[0].length,
    });
    const plain = golden.reinforce_pp;
    for (const c of plain.cases) {
      await run(`reinforce++ gamma ${c.gamma}`, () => {
        const data = batch(plain.token_rewards, plain.mask);
        const options = { gamma: c.gamma, maskedTokens: 'reset' } as const; // the file's definition
        assertClose('returns', tokenReturns(data, options), c.returns, TOLERANCE);
        const got = reinforcePlusPlusAdvantages(data, options);
        assertClose('advantages', got, c.advantages, TOLERANCE);
      });
    }
    await run('reinforce++ baseline', () => {
      const g = golden.reinforce_pp_baseline;
      const data = batch(g.token_rewards, g.mask);
      const got = reinforcePlusPlusBaselineAdvantages(data, { groupIds: g.groups });
      assertClose('advantages', got, g.advantages, TOLERANCE);
    });
    for (const c of golden.gae.cases) {
      await run(`gae gamma ${c.gamma} lambda ${c.lambda} ${c.mask}`, () => {
        const mask = golden.gae.masks[c.mask];
        const data = { ...batch(golden.gae.token_rewards, mask), values: flat(golden.gae.values) };
        const got = gae(data, { gamma: c.gamma, lambda: c.lambda });
        const kept = data.completionMask;
        assertClose('advantages', got.advantages, c.advantages, TOLERANCE, kept);
        assertClose('returns', got.returns, c.returns, TOLERANCE, kept);
        assertClose('whitened', whiten(got.advantages, kept), c.whitened, TOLERANCE, kept);
      });
    }
    await run('gae mask 1 0 1', () => {
      const g = golden.gae.mask101;
      const data = { ...batch(g.rewards, g.mask), values: flat(g.values) };
      const kept = data.completionMask;
      const { advantages } = gae(data);
      assertClose('advantages', advantages, g.advantages, TOLERANCE, kept);
      assertClose('whitened', whiten(advantages, kept), g.whitened, TOLERANCE, kept);
    });
    for (const [k, c] of golden.turn_returns.entries()) {
      await run(`turn returns #${k}`, () => {
        const returns = turnReturns(c.turn_rewards, { gamma: c.gamma });
        assertClose('returns', returns, c.turn_returns, TOLERANCE);
        const turns = c.tokens_per_turn.flatMap((n: number, turn: number) => Array(n).fill(turn));
        assertClose('tokens', broadcastTurns(returns, turns), c.token_advantages, TOLERANCE);
      });
    }
    for (const c of golden.kl_in_reward.cases) {
      await run(`kl in reward ${c.coef}`, () => {
        const g = golden.kl_in_reward;
        const data = {
          rewards: g.scores,
          logprobs: flat(g.old),
          refLogprobs: flat(g.ref),
          completionMask: flat(g.mask),
          sequenceLength: g.mask[0].length,
        };
        const got = klInReward(data, { coef: c.coef });
        assertClose('tokens', got.tokenRewards, c.token_rewards, TOLERANCE);
        assertClose('sequences', got.sequenceRewards, c.sequence_rewards, TOLERANCE);
      });
    }
    for (const [k, c] of golden.adaptive_kl.entries()) {
      await run(`adaptive kl #${k}`, () => {
        const { target, horizon, n: steps } = c;
        const got = adaptiveKlCoef(c.value, c.current, { target, horizon, steps });
        assertClose('next', got, c.next, TOLERANCE);
      });
    }
  });
