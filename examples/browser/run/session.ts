import { collect, createRandom, mixSeeds, type Trajectory } from '@molrl/ef-env';
import { generalWindows } from '../../trainer/method/generalWindows.ts';
import { grpo } from '../../trainer/method/grpo.ts';
import type { Learner, Sequence } from '../../trainer/method/learner.ts';
import { type Changes, Stage, type StageState } from '../../trainer/method/stage.ts';
import { teach } from '../../trainer/method/teach.ts';
import type { OwnRow } from './ownRows.ts';
import { type Plan, type StageName, stagesOf } from './plan.ts';
import { type Playground, playground } from './playground.ts';

/** What a person did while the run went, and after how many updates of which stage. */
export interface Action {
  stage: StageName;
  step: number;
  learningRate: number;
}

/** An episode to be looked at. */
export interface Shown {
  turns: { speaker: string; text: string }[];
  reward: number | null;
}

/** What one step of a run made: an update, or a wave of episodes. */
export interface Update {
  stage: StageName;
  /** Steps done of the stage, and all of them. */
  step: number;
  of: number;
  metrics: Record<string, number>;
  episodes: Shown[];
}

/** All that a run needs to go on bitwise where it stopped. */
export interface Saved {
  plan: Plan;
  actions: Action[];
  /** Place among the stages. */
  stage: number;
  /** Steps done of it. */
  step: number;
  /** Of a stage that trains, once it has made an update. */
  progress?: StageState | undefined;
  /** Episodes with feedback as tokens. */
  collected: Sequence[];
  /** For the curves. */
  updates: Update[];
}

/** Episodes that are played at once. */
const WAVE = 16;
/** Episodes of an update that are shown. */
const SHOWN = 4;

export interface SessionOptions {
  /** General text, which the model should keep. */
  text: string;
  /** What is played, of the environment `rows`. */
  rows?: readonly OwnRow[] | undefined;
  /** Goes on from here. */
  saved?: Saved | undefined;
  /** What was done in a run that is repeated. */
  actions?: readonly Action[] | undefined;
}

/** A run of the page: the trainer's method, one update at a time. Owns the optimizer's memory. */
export class Session {
  readonly plan: Plan;
  readonly actions: Action[];
  readonly updates: Update[];
  readonly #learner: Learner;
  readonly #ground: Playground;
  readonly #text: readonly number[];
  readonly #collected: Sequence[];
  readonly #steps: AsyncGenerator<Update>;
  #place: number;
  #step: number;
  #progress: StageState | undefined;
  #stage: Stage | undefined;

  constructor(learner: Learner, plan: Plan, { text, rows, saved, actions = [] }: SessionOptions) {
    this.plan = plan;
    this.#learner = learner;
    this.#ground = playground(plan.environment, rows);
    this.#text = learner.tokenizer.encode(text);
    this.actions = [...(saved?.actions ?? actions)];
    this.updates = [...(saved?.updates ?? [])];
    this.#collected = [...(saved?.collected ?? [])];
    this.#place = saved?.stage ?? 0;
    this.#step = saved?.step ?? 0;
    this.#progress = saved?.progress;
    this.#steps = this.#run();
  }

  /** Makes the next update; undefined when the run is over. */
  async next(): Promise<Update | undefined> {
    const { value, done } = await this.#steps.next();
    if (done) return undefined;
    this.updates.push(value);
    return value;
  }

  /** Sets the rate from the next update on, until the stage ends. */
  setLearningRate(learningRate: number): void {
    const stage = this.#name;
    if (stage === 'collect')
      throw new Error('learning rate: episodes are being played. Set it once training has begun.');
    this.actions.push({ stage, step: this.#step, learningRate });
  }

  /** The rate that holds now, before the schedule's factor. */
  get learningRate(): number {
    const { plan } = this;
    const { learningRate } = this.#tuned(this.#step);
    return learningRate ?? (this.#name === 'grpo' ? plan.grpoLearningRate : plan.molLearningRate);
  }

  /** Call it between two updates. */
  async snapshot(): Promise<Saved> {
    const { plan, actions, updates } = this;
    const progress = this.#stage ? await this.#stage.snapshot() : this.#progress;
    return {
      ...{ plan, actions: [...actions], stage: this.#place, step: this.#step, progress },
      ...{ collected: [...this.#collected], updates: [...updates] },
    };
  }

  dispose(): void {
    this.#stage?.dispose();
    this.#stage = undefined;
  }

  get #name(): StageName {
    return stagesOf(this.plan)[this.#place] ?? 'grpo'; // the last, when the run is over
  }

  #tuned(step: number): Changes {
    const own = this.actions.findLast(({ stage, step: at }) => stage === this.#name && at <= step);
    return own ? { learningRate: own.learningRate } : {};
  }

  async *#run(): AsyncGenerator<Update> {
    for (const [place, name] of stagesOf(this.plan).entries()) {
      if (place < this.#place) continue;
      if (place > this.#place) [this.#place, this.#step, this.#progress] = [place, 0, undefined];
      yield* this.#measured(name === 'collect' ? this.#collect() : this.#train(name));
    }
  }

  /** Adds the accuracy on held-out tasks: the base's to the first step of the run, and the model's to the last of each training. */
  async *#measured(updates: AsyncGenerator<Update>): AsyncGenerator<Update> {
    const isFirst = this.#place === 0 && this.#step === 0;
    const base = isFirst ? await this.#accuracy() : {};
    for await (const update of updates) {
      const { stage, step, of, metrics } = update;
      if (step === 1 && base.accuracy !== undefined) metrics['eval/base'] = base.accuracy;
      const { accuracy } = stage !== 'collect' && step === of ? await this.#accuracy() : {};
      if (accuracy !== undefined) metrics['eval/accuracy'] = accuracy;
      yield update;
    }
  }

  /** The share of held-out tasks that one attempt without feedback answers, the most probable one; none where there are none. */
  async #accuracy(): Promise<{ accuracy?: number }> {
    const { heldOut = [], attempts } = this.#ground;
    if (heldOut.length === 0) return {};
    const { environment, maxTokens } = attempts;
    const played = await collect(environment, this.#learner.policy, {
      ...{ tasks: heldOut, maxTurns: 1, maxTokens, temperature: 0, seed: 0 },
    });
    return { accuracy: played.filter(({ reward }) => reward === 1).length / played.length };
  }

  /** The model attempts, the environment answers in words: a wave of episodes at a time, each with a seed of its own. */
  async *#collect(): AsyncGenerator<Update> {
    const { episodes, seed } = this.plan;
    const { policy, render } = this.#learner;
    const { environment, nextTask, maxTurns, maxTokens } = this.#ground.withFeedback!; // checkPlan
    const of = Math.ceil(episodes / WAVE);
    while (this.#step < of) {
      const random = createRandom(mixSeeds(seed, 'feedback tasks', this.#step));
      const count = Math.min(WAVE, episodes - this.#step * WAVE);
      const played = await collect(environment, policy, {
        tasks: Array.from({ length: count }, (_, i) => nextTask(random, i)),
        ...{ maxTurns, maxTokens, temperature: 1, seed: mixSeeds(seed, 'wave', this.#step) },
      });
      for (const { segments } of played) {
        const { ids, roles } = render(segments);
        this.#collected.push({ ids: Array.from(ids), roles: [...roles] });
      }
      const right = played.filter(({ reward }) => reward === 1).length;
      this.#step += 1;
      const metrics = { reward: right / played.length };
      yield { stage: 'collect', step: this.#step, of, metrics, episodes: shown(played) };
    }
  }

  async *#train(name: 'mol' | 'grpo'): AsyncGenerator<Update> {
    const { plan } = this;
    const learner = this.#learner;
    const learningRate = name === 'mol' ? plan.molLearningRate : plan.grpoLearningRate;
    this.#stage = new Stage(learner.model.trainable(), {
      ...{ name, seed: plan.seed, learningRate, resume: this.#progress },
    });
    const shared = {
      nextGeneral: generalWindows(this.#text),
      tuned: (step: number) => this.#tuned(step),
      learningRate,
    };
    const steps =
      name === 'mol'
        ? teach(learner, this.#stage, {
            ...{ ...shared, method: 'mol', episodes: this.#collected, seed: plan.seed },
            ...{ updates: plan.molUpdates, alpha: plan.alpha, batchSize: plan.batchSize },
          })
        : grpo(learner, this.#stage, {
            ...{ ...shared, game: this.#ground.attempts, generalKl: 0 },
            ...{ updates: plan.grpoUpdates, prompts: plan.prompts },
            numGenerations: plan.numGenerations,
          });
    for await (const { step, of, metrics, episodes } of steps) {
      this.#step = step;
      yield { stage: name, step, of, metrics, episodes: shown(episodes?.trajectories ?? []) };
    }
    this.#progress = await this.#stage.snapshot();
    this.dispose();
  }
}

const shown = (played: readonly Trajectory[]): Shown[] =>
  played.slice(0, SHOWN).map(({ segments, reward }) => ({
    turns: segments.map(({ speaker, text }) => ({ speaker, text })),
    reward,
  }));
