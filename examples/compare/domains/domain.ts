import type { Environment, QuizTask, Random, Segment } from '@molrl/ef-env';
import type { Budget } from '../budget.ts';

export type Split = 'validation' | 'test';

/** What methods are compared on: tasks whose environment answers in words, and held-out tasks without a word. */
export interface Domain<Task extends object = object> {
  name: string;
  /** With feedback. */
  told: Environment<Task>;
  /** Scored only. */
  silent: Environment<Task>;
  /** Of the first stage, which learns from episodes: easy ones too. */
  firstTask(random: Random): Task;
  /** Of reinforcement learning and of all methods on live feedback. */
  nextTask(random: Random): Task;
  heldOut(split: Split, count: number): Task[];
  maxTokens: number;
  budget: Budget;
  /** What the model could do before, asked in the domain's own manner. */
  skills: Skills;
}

/** Skills that a method may forget. */
export type SkillName = 'plain' | 'defs' | 'redef';

/** Greedy answers decide. */
export interface Skills {
  environment: Environment<QuizTask>;
  tasks: Readonly<Record<SkillName, (random: Random) => QuizTask>>;
  /** A conversation of the kind `plain`: half of the general data, which some methods hold. */
  document(random: Random): Segment[];
}
