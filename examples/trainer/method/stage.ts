import { createRandom, mixSeeds, type Random, restoreRandom, type Trajectory } from '@molrl/ef-env';
import type { Optimizer, StepOptions } from '@molrl/tensor-gpu';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { createOptimizer, type OptimizerChoice } from './createOptimizer.ts';
import type { TokenValues } from './policyGradient.ts';
import { type Moments, readWeights, type Weights, writeWeights } from './weights.ts';

/** All that a training stage needs to go on bitwise where it stopped. */
export interface StageState {
  /** Updates done. */
  step: number;
  weights: Weights;
  /** The optimizer's state by torch's names, and its own count of steps. */
  moments: Moments;
  optimizerStep: number;
  /** Position of the random stream. */
  random: number[];
  /** Prompts drawn. Absent in older states: as many as the updates needed. */
  drawn?: number | undefined;
  /** Groups that were begun and not learned from, where they are played ahead. */
  waiting?: number[] | undefined;
}

/** What a stage yields after each update. */
export interface StageStep {
  /** Updates done. */
  step: number;
  of: number;
  metrics: Record<string, number>;
  /** What was played for this update. */
  episodes?: PlayedEpisodes;
}

/** The episodes of an update, prompt-major. */
export interface PlayedEpisodes {
  trajectories: readonly Trajectory[];
  advantages: ArrayLike<number>;
  /** Undefined for an episode that the loss saw nothing of: its group has no spread. */
  values: readonly (TokenValues | undefined)[];
}

/** What a person changed while the run goes, as it holds for an update. */
export interface Changes {
  learningRate?: number | undefined;
  beta?: number | undefined;
  temperature?: number | undefined;
  alpha?: number | undefined;
}

/** The changes that hold for the update after `step` updates; a name that was not changed is absent. */
export type Tuned = (step: number) => Changes;

export interface StageOptions extends OptimizerChoice {
  /** Names the random stream, with the seed. */
  name: string;
  seed: number;
  /** Values that are not trained but change with those that are, such as an average of them: saved and restored with them. */
  alongside?: Record<string, Variable> | undefined;
  /** Makes the optimizer. Default: `createOptimizer` of the parameters. */
  makeOptimizer?: ((choice: OptimizerChoice) => Optimizer) | undefined;
  /** Continue from here instead of from the parameters' present values. */
  resume?: StageState | undefined;
}

/** Parameters, optimizer, random stream and position of a running stage. Owns the optimizer's memory. */
export class Stage {
  readonly random: Random;
  readonly optimizer: Optimizer;
  readonly parameters: Record<string, Variable>;
  /** Prompts drawn; undefined until the first. */
  drawn: number | undefined;
  /** Groups that are begun and not learned from. */
  waiting: number[] | undefined;
  /** Of what does not come from the stream. */
  readonly seed: number;
  /** Parameters and what goes alongside. */
  readonly #saved: Record<string, Variable>;
  #step: number;
  #isWhole = true;
  /** The position between two updates: one that is cut short has moved random stream and prompts already. */
  #position: Pick<StageState, 'random' | 'drawn' | 'waiting'>;

  constructor(parameters: Record<string, Variable>, options: StageOptions) {
    const { name, seed, resume } = options;
    this.parameters = parameters;
    this.#saved = { ...parameters, ...options.alongside };
    const { makeOptimizer = (choice) => createOptimizer(parameters, choice) } = options;
    this.optimizer = makeOptimizer(options);
    this.#step = resume?.step ?? 0;
    if (resume) {
      writeWeights(this.#saved, resume.weights);
      this.optimizer.load({ step: resume.optimizerStep, tensors: resume.moments });
    }
    this.seed = mixSeeds(seed, name);
    this.random = resume ? restoreRandom(resume.random) : createRandom(this.seed);
    this.drawn = resume?.drawn;
    this.waiting = resume?.waiting;
    this.#position = this.#present();
  }

  /** Updates done. */
  get step(): number {
    return this.#step;
  }

  /** One optimiser step. */
  async move(
    gradients: Record<string, Tensor>,
    options: StepOptions,
  ): Promise<{ gradNorm: number }> {
    const moved = await this.optimizer.step(gradients, options);
    this.#isWhole = false;
    return moved;
  }

  /** False inside an update, once a first of its optimiser steps was made: the weights then belong to no step. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  /** Call after each update: what `snapshot` saves is the state at the last such call. */
  endUpdate(): void {
    this.#step += 1;
    this.#isWhole = true;
    this.#position = this.#present();
  }

  #present(): Pick<StageState, 'random' | 'drawn' | 'waiting'> {
    const { drawn, waiting } = this;
    return { random: this.random.state(), drawn, ...(waiting && { waiting }) };
  }

  async snapshot(): Promise<StageState> {
    const { step, tensors } = await this.optimizer.readState();
    return {
      step: this.#step,
      weights: await readWeights(this.#saved),
      moments: tensors,
      optimizerStep: step,
      ...this.#position,
    };
  }

  dispose(): void {
    this.optimizer.dispose();
  }
}
