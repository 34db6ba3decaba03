import { createRandom, mixSeeds, type Random, restoreRandom, type Trajectory } from '@molrl/ef-env';
import { adamw, type Optimizer } from '@molrl/tensor-gpu';
import type { Variable } from '@tensorflow/tfjs-core';
import type { TokenValues } from './policyGradient.ts';
import { type Moments, readWeights, type Weights, writeWeights } from './weights.ts';

/** All that a training stage needs to go on bitwise where it stopped. */
export interface StageState {
  /** Updates done. */
  step: number;
  weights: Weights;
  /** AdamW's moments by torch's names, and its own count of steps. */
  moments: Moments;
  optimizerStep: number;
  /** Position of the random stream. */
  random: number[];
}

/** What a stage yields after each update. */
export interface StageStep {
  /** Updates done. */
  step: number;
  of: number;
  metrics: Record<string, number>;
  /** What the metrics say in plain sentences, each with what to try. */
  advice?: string[];
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

export interface StageOptions {
  /** Names the random stream, with the seed. */
  name: string;
  seed: number;
  learningRate: number;
  /** Of AdamW. Default `[0.9, 0.98]`. */
  betas?: readonly [number, number] | undefined;
  /** Default 0. */
  weightDecay?: number | undefined;
  /** Continue from here instead of from the parameters' present values. */
  resume?: StageState | undefined;
}

/** Parameters, AdamW, random stream and position of a running stage. Owns the optimizer's memory. */
export class Stage {
  readonly random: Random;
  readonly optimizer: Optimizer;
  readonly parameters: Record<string, Variable>;
  #step: number;
  /** The stream's position between two updates: an update that is cut short has drawn from it already. */
  #position: number[];

  constructor(parameters: Record<string, Variable>, options: StageOptions) {
    const { name, seed, learningRate, betas = [0.9, 0.98], weightDecay = 0, resume } = options;
    this.parameters = parameters;
    this.optimizer = adamw(parameters, { learningRate, betas, weightDecay });
    this.#step = resume?.step ?? 0;
    if (resume) {
      writeWeights(parameters, resume.weights);
      this.optimizer.load({ step: resume.optimizerStep, tensors: resume.moments });
    }
    this.random = resume ? restoreRandom(resume.random) : createRandom(mixSeeds(seed, name));
    this.#position = this.random.state();
  }

  /** Updates done. */
  get step(): number {
    return this.#step;
  }

  /** Call after each update: what `snapshot` saves is the state at the last such call. */
  endUpdate(): void {
    this.#step += 1;
    this.#position = this.random.state();
  }

  async snapshot(): Promise<StageState> {
    const { step, tensors } = this.optimizer.state();
    return {
      step: this.#step,
      weights: await readWeights(this.parameters),
      moments: tensors,
      optimizerStep: step,
      random: this.#position,
    };
  }

  dispose(): void {
    this.optimizer.dispose();
  }
}
