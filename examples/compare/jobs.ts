import { basename } from 'node:path';
import type { DomainName } from './domains/domains.ts';
import { PLANS, type Plan } from './plans.ts';
import type { ArmRecord, RateRecord } from './records.ts';
import type { Settings } from './settings.ts';

/** What one process does alone: a learning rate of a method tried on the validation tasks, or a method with one seed. */
export type Job = { plan: Plan['id']; domain: DomainName; model: string; learningRate: number } & (
  | { kind: 'rate' }
  | { kind: 'arms'; seed: number }
);

/** A method on a domain and a model. */
type Cell = Pick<Job, 'plan' | 'domain' | 'model'>;

const planOf = ({ plan }: Pick<Job, 'plan'>): Plan => PLANS.find(({ id }) => id === plan)!; // an id of theirs

/** The arm that a plan ends with. */
export function lastArm(id: Plan['id']): string {
  const plan = planOf({ plan: id });
  const goesOn = plan.kind === 'episodes' || (plan.kind === 'live' && plan.thenGrpo);
  return goesOn ? `${id}+grpo` : id;
}

const isOf = (row: ArmRecord | RateRecord, { plan, domain, model }: Cell): boolean =>
  row.plan === plan && row.domain === domain && row.model === basename(model);

function cells({ models, domains, methods }: Settings): Cell[] {
  // What was forgotten is measured against the base, so that it is always run.
  const asked = PLANS.filter(({ id, kind }) => kind === 'base' || methods.includes(id));
  const plans = asked.map(({ id }) => id);
  return models.flatMap((model) =>
    domains.flatMap((domain) => plans.map((plan) => ({ plan, domain, model }))),
  );
}

/** Rates that are still to be tried. Where there is one, nothing is. */
export function rateJobs(settings: Settings, tried: readonly RateRecord[]): Job[] {
  const { rates } = settings;
  if (rates.length === 1) return [];
  const open = cells(settings).filter((cell) => planOf(cell).kind !== 'base');
  return open.flatMap((cell) =>
    rates
      .filter((rate) => !tried.some((row) => isOf(row, cell) && row.learningRate === rate))
      .map((learningRate): Job => ({ kind: 'rate', ...cell, learningRate })),
  );
}

/** Seeds that are still to be run, each method at the rate with the best accuracy on the validation tasks. */
export function armJobs(
  settings: Settings,
  done: readonly ArmRecord[],
  tried: readonly RateRecord[],
): Job[] {
  const { seed: first, seeds } = settings;
  return Array.from({ length: seeds }, (_, i) => first + i).flatMap((seed) =>
    cells(settings)
      .filter((cell) => {
        const last = lastArm(cell.plan);
        return !done.some((row) => isOf(row, cell) && row.seed === seed && row.id === last);
      })
      .map((cell): Job => {
        const learningRate = bestRate(
          settings,
          tried.filter((row) => isOf(row, cell)),
        );
        return { kind: 'arms', ...cell, seed, learningRate };
      }),
  );
}

/** The lower rate where two are as good. */
function bestRate({ rates }: Settings, tried: readonly RateRecord[]): number {
  const order = tried.toSorted(
    (a, b) => b.accuracy - a.accuracy || a.learningRate - b.learningRate,
  );
  return order[0]?.learningRate ?? rates[0]!; // settings have one
}
