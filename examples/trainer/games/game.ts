import type { Environment, Random, Trajectory } from '@molrl/ef-env';
import type { SftRow } from './sftRow.ts';

/** What a run plays: tasks to learn from, tasks that are held out, and who judges. */
export interface Game<Task extends object = object> {
  /** Single attempts that are scored: what GRPO plays, and what is evaluated. */
  environment: Environment<Task>;
  /** The same with feedback in words over several attempts: what `collect` plays. Absent: the environment says nothing. */
  withFeedback?: Environment<Task> | undefined;
  /** `position` counts the prompts of the stage, for those who go through their rows in epochs. */
  nextTask(random: Random, position: number): Task;
  /** Worked examples, for the stage `sft` without a file. */
  sftRows?: readonly SftRow[] | undefined;
  /** The first `count` held-out tasks, or all there are. */
  heldOut(count: number): readonly Task[];
  /** Right or wrong: the accuracy, whatever the reward. */
  isRight(episode: Trajectory, task: Task): boolean;
  /** How `isRight` decides, in words for the report. */
  accuracy: string;
  /** Frees what it holds (a sandbox). */
  close?(): Promise<void>;
  /** SHA-256 of each file that was read, by path. */
  files: Readonly<Record<string, string>>;
}
