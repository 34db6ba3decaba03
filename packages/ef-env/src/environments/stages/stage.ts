/** What a stage may look at besides the answer. */
export interface StageContext<Task, Results> {
  task: Task;
  /** What the earlier stages yielded, by their names. */
  results: Results;
  /** The whole attempt, the thought included. */
  action: string;
}

/** A condition that an attempt of a stage must meet. */
export interface StageRule<Task, Results> {
  /** Named in feedback and metrics. */
  name: string;
  /** `true`, or what is wrong, in words: the policy is told. `answer` is what follows the last `</think>`. */
  check(
    answer: string,
    context: StageContext<Task, Results>,
  ): true | string | Promise<true | string>;
}

/** One step of a staged prompt. */
export interface Stage<Task, Results, Name extends keyof Results = keyof Results> {
  /** The key of its result. */
  name: Name;
  /** What the policy is asked, built from what the earlier stages yielded. */
  prompt(task: Task, results: Results): string | Promise<string>;
  /** Checked in order; the first that is broken counts. Default: none. */
  rules?: readonly StageRule<Task, Results>[] | undefined;
  /** What an attempt that keeps the rules yields. Default: the answer itself. */
  extract?(
    answer: string,
    context: StageContext<Task, Results>,
  ): Results[Name] | Promise<Results[Name]>;
  /** Attempts before the episode is pruned. Default 1. */
  attempts?: number | undefined;
}
