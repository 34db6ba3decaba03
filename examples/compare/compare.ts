import { appendFile } from 'node:fs/promises';
import type { GeneralText } from '../mol-rl/domain/generalText.ts';
import type { Learner } from '../trainer/method/learner.ts';
import type { Weights } from '../trainer/method/weights.ts';
import { FULL, halved, QUICK } from './budget.ts';
import { DOMAINS, type Domain } from './domains.ts';
import { measure, sampledAccuracy } from './measure.ts';
import { PLANS, type Plan } from './plans.ts';
import { type ArmRecord, armsFile, type RateRecord, ratesFile, readRecords } from './records.ts';
import { type PlanRun, runPlan } from './runPlan.ts';
import type { Settings } from './settings.ts';

export interface Comparison {
  settings: Settings;
  out: string;
  learner: Learner;
  text: GeneralText;
  fresh: Weights;
  /** Name of the folder that the learner came from. */
  model: string;
  signal: AbortSignal;
  say(line: string): void;
}

/** Seed of the runs that a rate is chosen by; those of the table are counted from 0. */
const VALIDATION_SEED = 1000;

/** Every method on every domain and seed. Each that is finished is written down at once, and not run again. */
export async function compare(all: Comparison): Promise<void> {
  const { settings } = all;
  for (const name of settings.domains) {
    const domain = DOMAINS[name];
    for (let seed = settings.seed; seed < settings.seed + settings.seeds; seed++) {
      for (const plan of PLANS.filter(({ id }) => settings.methods.includes(id))) {
        await comparePlan(all, { plan, domain, seed });
      }
    }
  }
}

async function comparePlan(
  all: Comparison,
  { plan, domain, seed }: { plan: Plan; domain: Domain; seed: number },
): Promise<void> {
  const { settings, out, learner, text, model, signal, say } = all;
  const done = await readRecords<ArmRecord>(armsFile(out));
  const isOf = (row: ArmRecord): boolean =>
    row.plan === plan.id && row.domain === domain.name && row.model === model && row.seed === seed;
  const last = lastArm(plan);
  if (done.some((row) => isOf(row) && row.id === last)) return;
  const learningRate = await chosenRate(all, plan, domain);
  const arms: ArmRecord[] = [];
  await runPlan(plan, { ...planRun(all, domain), seed, learningRate }, async (id, spent) => {
    const { evalTasks: tasks } = settings;
    const measured = await measure(
      learner,
      { domain, text },
      { split: 'test', tasks, seed, signal },
    );
    arms.push({
      ...{ id, plan: plan.id, domain: domain.name, model, seed, learningRate },
      ...{ ...measured, ...spent },
    });
    const { accuracy, greedy, textKl } = measured;
    say(
      `${domain.name} seed ${seed}  ${id}  accuracy ${accuracy.toFixed(3)} sampled, ${greedy.toFixed(3)} greedy, text KL ${textKl.toFixed(3)}, ${spent.seconds.toFixed(0)} s, rate ${learningRate}`,
    );
  });
  await appendFile(armsFile(out), arms.map((row) => `${JSON.stringify(row)}\n`).join('')); // all of a plan, or none
}

/** The rate with the best accuracy on the validation tasks after half of the updates, for all seeds the same. */
async function chosenRate(all: Comparison, plan: Plan, domain: Domain): Promise<number> {
  const { settings, out, learner, model, signal, say } = all;
  const [only] = settings.rates;
  if (plan.kind === 'base' || settings.rates.length === 1) return only!; // at least one
  const known = await readRecords<RateRecord>(ratesFile(out));
  const tried = known.filter(
    (row) => row.plan === plan.id && row.domain === domain.name && row.model === model,
  );
  for (const learningRate of settings.rates) {
    if (tried.some((row) => row.learningRate === learningRate)) continue;
    let accuracy = 0;
    const whole = planRun(all, domain);
    const run = { ...whole, budget: halved(whole.budget), seed: VALIDATION_SEED, learningRate };
    const tasks = Math.ceil(settings.evalTasks / 2);
    try {
      await runPlan(plan, run, async (id) => {
        if (id !== lastArm(plan)) return;
        const options = { split: 'validation', tasks, seed: VALIDATION_SEED, signal } as const;
        accuracy = await sampledAccuracy(learner, domain, options);
      });
    } catch (error) {
      if (signal.aborted) throw error;
      say(`${plan.id} at ${learningRate}: ${error instanceof Error ? error.message : error}`);
    }
    const row: RateRecord = { plan: plan.id, domain: domain.name, model, learningRate, accuracy };
    tried.push(row);
    await appendFile(ratesFile(out), `${JSON.stringify(row)}\n`);
    say(`${domain.name} validation  ${plan.id} at ${learningRate}: ${accuracy.toFixed(3)}`);
  }
  return tried.reduce((best, row) => (row.accuracy > best.accuracy ? row : best)).learningRate;
}

const lastArm = (plan: Plan): string =>
  plan.kind === 'episodes' || (plan.kind === 'live' && plan.thenGrpo) ? `${plan.id}+grpo` : plan.id;

const planRun = (
  { settings, learner, text, fresh, signal, say }: Comparison,
  domain: Domain,
): Omit<PlanRun, 'seed' | 'learningRate'> => {
  const told = new Set<string>(); // a warning once, not at every update
  return {
    ...{ learner, domain, text, fresh, signal, budget: settings.quick ? QUICK : FULL },
    grpoLearningRate: settings.grpoLearningRate,
    onWarning: (message) => {
      const kind = message.replaceAll(/\d+/g, '#');
      if (!told.has(kind)) say(message);
      told.add(kind);
    },
  };
};
