import type { StepResult } from '../../episode/environment.ts';
import { type AnswerScore, scoredStep } from '../../episode/scoredStep.ts';
import { missedAction } from '../../text/missedAction.ts';
import { readTurn } from '../../text/readTurn.ts';
import type { Stage, StageContext } from './stage.ts';

/** How staged episodes are judged. */
export interface StageJudge<Task, Results> {
  stages: readonly Stage<Task, Results>[];
  score(
    results: Results,
    context: { task: Task; signal: AbortSignal },
  ): AnswerScore | Promise<AnswerScore>;
  prunedReward: number | null;
}

/** Where an episode stands. */
export interface StageState<Task, Results> {
  task: Task;
  results: Results;
  /** Stages passed: the index of the one being played. */
  passed: number;
  /** Attempts at it that broke a rule. */
  failed: number;
}

/** The rule of every stage: an attempt without it yields nothing. */
const CLOSED_THOUGHT = 'closed-thought';

/** Judges an attempt; `observation` is the prompt of the next stage. Moves `state` on. */
export async function judgeStage<Task, Results>(
  { stages, score, prunedReward }: StageJudge<Task, Results>,
  state: StageState<Task, Results>,
  { action, signal }: { action: string; signal: AbortSignal },
): Promise<StepResult & { observation?: string | undefined }> {
  const { task, results } = state;
  const stage = stages[state.passed]!; // an episode ends with its last stage
  const turn = readTurn(action);
  const answer = turn.answer.trim();
  const context = { task, results, action };

  const missed = turn.thought === 'open' ? missedAction(turn, 'the answer') : '';
  const unclosed = missed === '' ? undefined : { rule: CLOSED_THOUGHT, reason: missed };
  const broken = unclosed ?? (await brokenRule(stage, answer, context));
  if (broken) {
    const pruned = ++state.failed >= (stage.attempts ?? 1);
    return {
      feedback: `Rule '${broken.rule}' is broken: ${broken.reason}${pruned ? '' : ' Try again.'}`,
      reward: prunedReward,
      done: pruned,
      metrics: {
        'stages/passed': state.passed,
        'stages/pruned': Number(pruned),
        [`stages/broken/${String(stage.name)}/${broken.rule}`]: 1,
      },
      ...(pruned && { info: { pruned: { stage: stage.name, ...broken } } }),
    };
  }

  results[stage.name] = stage.extract
    ? await stage.extract(answer, context)
    : (answer as Results[keyof Results]); // a stage without extract yields its text
  state.passed++;
  state.failed = 0;
  const metrics = { 'stages/passed': state.passed, 'stages/pruned': 0 };
  const next = stages[state.passed];
  if (next) return { observation: await next.prompt(task, results), done: false, metrics };
  const { observation: _, ...scored } = scoredStep(await score(results, { task, signal }));
  return { ...scored, done: true, metrics: { ...scored.metrics, ...metrics } };
}

async function brokenRule<Task, Results>(
  { rules = [] }: Stage<Task, Results>,
  answer: string,
  context: StageContext<Task, Results>,
): Promise<{ rule: string; reason: string } | undefined> {
  for (const rule of rules) {
    const verdict = await rule.check(answer, context);
    if (verdict !== true) return { rule: rule.name, reason: verdict };
  }
  return undefined;
}
