import type { Environment, Random, Segment, Trajectory } from '@molrl/ef-env';
import type { SftRow } from './sftRow.ts';

/** What a run plays: tasks to learn from, tasks that are held out, and who judges. */
export interface Game<Task extends object = object> {
  /** Single attempts that are scored: what GRPO plays, and what is evaluated. */
  environment: Environment<Task>;
  /** The same with feedback in words over several attempts: what `collect` plays. Absent: the environment says nothing. */
  withFeedback?: Environment<Task> | undefined;
  /** `position` counts the prompts of the stage, for those who go through their rows in epochs. */
  nextTask(random: Random, position: number): Task;
  /** Tasks of `withFeedback`, where they are others. */
  nextTaskWithFeedback?(random: Random, position: number): Task;
  /** Worked examples, for the stage `sft` without a file. */
  sftRows?: readonly SftRow[] | undefined;
  /** Draws a conversation that the base masters: such ones take turns with windows of general text. */
  generalDocument?(random: Random): Segment[];
  /** The first `count` held-out tasks, or all there are. */
  heldOut(count: number): readonly Task[];
  /** What else the base masters, measured beside the held-out tasks. */
  skills?: Skills | undefined;
  /** Right or wrong: the accuracy, whatever the reward. */
  isRight(episode: Trajectory, task: Task): boolean;
  /** The right answer, where there is one. */
  solution?(task: Task): string | undefined;
  /** How `isRight` decides, in words for the report. */
  accuracy: string;
  /** Frees what it holds (a sandbox). */
  close?(): Promise<void>;
  /** SHA-256 of each file that was read, by path. */
  files: Readonly<Record<string, string>>;
}

/** Questions of several kinds that are answered in one attempt; a reward of 1 is right. */
export interface Skills<Task extends object = object> {
  environment: Environment<Task>;
  /** The first `count` of each kind. */
  tasks(count: number): Readonly<Record<string, readonly Task[]>>;
}
