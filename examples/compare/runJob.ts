import { basename } from 'node:path';
import type { GeneralText } from '../trainer/harness/run.ts';
import type { Learner } from '../trainer/method/learner.ts';
import { loadLearner } from '../trainer/method/loadLearner.ts';
import { readWeights, type Weights } from '../trainer/method/weights.ts';
import { SHIPPED_MODEL } from '../trainer/model/findModel.ts';
import { readShippedText } from '../trainer/model/generalText.ts';
import { halved, QUICK } from './budget.ts';
import type { Domain } from './domains/domain.ts';
import { DOMAINS } from './domains/domains.ts';
import { type Job, lastArm } from './jobs.ts';
import { measure, sampledAccuracy } from './measure.ts';
import { PLANS } from './plans.ts';
import type { ArmRecord, RateRecord } from './records.ts';
import { type PlanRun, runPlan } from './runPlan.ts';
import { type Settings, VALIDATION_SEED } from './settings.ts';

/** A model that methods are run on, each from its own weights. */
export interface Bench {
  learner: Learner;
  text: GeneralText;
  fresh: Weights;
}

/** @param lora - Rank of an adapter; a model of one's own is asked in its own chat format. */
export async function openBench(model: string, lora: number | null = null): Promise<Bench> {
  const learner = await loadLearner({
    ...{ model, format: model === SHIPPED_MODEL ? 'recipe' : 'auto' },
    lora: lora === null ? undefined : { r: lora },
  });
  const fresh = await readWeights(learner.model.trainable());
  return { learner, fresh, text: await readShippedText(learner.tokenizer) };
}

/** What a job found, in lines of the files that hold it. */
export interface JobResult {
  arms: ArmRecord[];
  rates: RateRecord[];
}

export interface JobContext {
  bench: Bench;
  settings: Settings;
  signal: AbortSignal;
  say(line: string): void;
}

/** Runs a job from the bench's own weights. */
export const runJob = (context: JobContext, job: Job): Promise<JobResult> =>
  job.kind === 'rate' ? tryRate(context, job) : runArms(context, job);

async function runArms(
  context: JobContext,
  job: Extract<Job, { kind: 'arms' }>,
): Promise<JobResult> {
  const { bench, settings, signal, say } = context;
  const { plan, domain: name, model: folder, seed, learningRate, grpoLearningRate } = job;
  const [domain, model]: [Domain, string] = [DOMAINS[name], basename(folder)];
  const { evalTasks: tasks } = settings;
  const arms: ArmRecord[] = [];
  await runPlan(planOf(job), planRun(context, job, seed), async (id, spent) => {
    const options = { split: 'test', tasks, seed, signal } as const;
    const measured = await measure(bench.learner, { domain, text: bench.text }, options);
    const rates = { learningRate, ...(id !== plan && { grpoLearningRate }) };
    arms.push({ id, plan, domain: name, model, seed, ...rates, ...measured, ...spent });
    const { accuracy, greedy, textKl } = measured;
    say(
      `${name} seed ${seed}  ${id}  accuracy ${accuracy.toFixed(3)} sampled, ${greedy.toFixed(3)} greedy, text KL ${textKl.toFixed(3)}, ${spent.seconds.toFixed(0)} s, rate ${Object.values(rates).join(', ')}`,
    );
  });
  return { arms, rates: [] };
}

/** Accuracy on the validation tasks after half of the updates; 0 where the run diverges. */
async function tryRate(context: JobContext, job: Job): Promise<JobResult> {
  const { bench, settings, signal, say } = context;
  const { plan, domain: name, model: folder, learningRate, grpoLearningRate } = job;
  const whole = planRun(context, job, VALIDATION_SEED);
  const tasks = Math.ceil(settings.evalTasks / 2);
  let accuracy = 0;
  try {
    await runPlan(planOf(job), { ...whole, budget: halved(whole.budget) }, async (id) => {
      if (id !== lastArm(plan)) return;
      const options = { split: 'validation', tasks, seed: VALIDATION_SEED, signal } as const;
      accuracy = await sampledAccuracy(bench.learner, DOMAINS[name], options);
    });
  } catch (error) {
    if (signal.aborted) throw error;
    say(`${plan} at ${learningRate}: ${error instanceof Error ? error.message : error}`);
  }
  const rates = { learningRate, grpoLearningRate };
  say(
    `${name} validation  ${lastArm(plan)} at ${Object.values(rates).join(', ')}: ${accuracy.toFixed(3)}`,
  );
  const row = { plan, domain: name, model: basename(folder), ...rates, accuracy };
  return { arms: [], rates: [row] };
}

const planOf = ({ plan }: Job) => PLANS.find(({ id }) => id === plan)!; // a job names one

function planRun({ bench, settings, signal, say }: JobContext, job: Job, seed: number): PlanRun {
  const domain: Domain = DOMAINS[job.domain];
  const told = new Set<string>(); // a warning once, not at every update
  return {
    ...{ ...bench, domain, budget: settings.quick ? QUICK : domain.budget },
    ...{ seed, signal, learningRate: job.learningRate, grpoLearningRate: job.grpoLearningRate },
    onWarning: (message) => {
      const kind = message.replaceAll(/\d+/g, '#');
      if (!told.has(kind)) say(`${job.plan}: ${message}`);
      told.add(kind);
    },
  };
}
