import { basename } from 'node:path';
import type { DomainName } from './domains/domains.ts';
import { PLANS, type Plan } from './plans.ts';
import type { ArmRecord, RateRecord } from './records.ts';
import type { Settings } from './settings.ts';

/** What one process does alone: a learning rate of a method tried on the validation tasks, or a method with one seed. */
export type Job = { plan: Plan['id']; domain: DomainName; model: string } & Rates &
  ({ kind: 'rate' } | { kind: 'arms'; seed: number });

/** Of the method's own stage, and of GRPO behind it. */
type Rates = Pick<RateRecord, 'learningRate' | 'grpoLearningRate'>;

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

/**
 * Rates that are still to be tried: of the method's own stage, and once these are known of GRPO behind a stage on live
 * feedback, whose batches are those of the stage. (Behind episodes GRPO has batches of its own, for which its rate was chosen
 * before.) Where there is one rate, nothing is tried.
 */
export function rateJobs(settings: Settings, tried: readonly RateRecord[]): Job[] {
  const { rates, grpoLearningRate } = settings;
  if (rates.length === 1) return [];
  const learning = cells(settings).filter((cell) => planOf(cell).kind !== 'base');
  const open = (cell: Cell, wanted: readonly Rates[]): Job[] =>
    wanted
      .filter((own) => !tried.some((row) => isOf(row, cell) && isAt(row, own)))
      .map((own): Job => ({ kind: 'rate', ...cell, ...own }));
  const first = learning.flatMap((cell) =>
    open(
      cell,
      rates.map((learningRate) => ({ learningRate, grpoLearningRate })),
    ),
  );
  if (first.length > 0) return first;
  const second = learning.filter((cell) => {
    const plan = planOf(cell);
    return plan.kind === 'live' && plan.thenGrpo;
  });
  return second.flatMap((cell) => {
    const own = tried.filter((row) => isOf(row, cell) && row.grpoLearningRate === grpoLearningRate);
    const { learningRate } = bestRates(settings, own);
    return open(
      cell,
      rates.map((rate) => ({ learningRate, grpoLearningRate: rate })),
    );
  });
}

const isAt = (row: Rates, { learningRate, grpoLearningRate }: Rates): boolean =>
  row.learningRate === learningRate && row.grpoLearningRate === grpoLearningRate;

/** Seeds that are still to be run, each method at the rates with the best accuracy on the validation tasks. */
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
        const rates = bestRates(
          settings,
          tried.filter((row) => isOf(row, cell)),
        );
        return { kind: 'arms', ...cell, seed, ...rates };
      }),
  );
}

/** The lower rates where two are as good. */
function bestRates(settings: Settings, tried: readonly RateRecord[]): Rates {
  const [best] = tried.toSorted(
    (a, b) =>
      b.accuracy - a.accuracy ||
      a.learningRate - b.learningRate ||
      a.grpoLearningRate - b.grpoLearningRate,
  );
  const { learningRate = settings.rates[0]!, grpoLearningRate = settings.grpoLearningRate } =
    best ?? {}; // settings have one
  return { learningRate, grpoLearningRate };
}
