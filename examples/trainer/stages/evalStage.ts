import { type Run, stageLabel } from '../harness/run.ts';
import { evaluateGame } from '../method/evaluateGame.ts';
import { evaluationSeed } from './streams.ts';

/** Held-out tasks without feedback, and how far the text model moved. */
export async function evalStage(run: Run): Promise<void> {
  const { state, progress } = run;
  const { tasks, temperature } = state.settings.eval;
  const total = Math.min(tasks, run.game.heldOut(tasks).length) * (temperature === 0 ? 1 : 2);
  progress.start(stageLabel(state), total, { next: state.settings.stages.slice(state.stage + 1) });
  await evaluateNow(run, 0, (done) => progress.update(done, 'attempts'));
}

/** Adds an evaluation of the present weights to the run's. */
export async function evaluateNow(
  run: Run,
  step: number,
  onProgress?: (done: number) => void,
): Promise<void> {
  const { learner, game, state, text, signal, progress } = run;
  const { eval: settings, grpo } = state.settings;
  const {
    tasks,
    temperature,
    maxCompletionLength: maxTokens = grpo.maxCompletionLength,
  } = settings;
  const result = await evaluateGame(learner, game, {
    ...{ tasks, temperature, maxTokens, seed: evaluationSeed(state.settings), signal },
    ...{ text: text.heldOut, onProgress },
  });
  const { sampled, greedy, textNll, textKl, skills = {} } = result;
  state.evaluations = state.evaluations.filter(
    (row) => row.stage !== state.stage || row.step !== step,
  );
  state.evaluations.push({ stage: state.stage, step, ...result });
  run.metrics.append({
    ...{ stage: stageLabel(state), step },
    'eval/accuracy': sampled.mean,
    'eval/accuracy_greedy': greedy.mean,
    'eval/reward': result.reward,
    'eval/text_nll': textNll.mean,
    'eval/text_kl': textKl.mean,
    ...Object.fromEntries(
      Object.entries(skills).map(([name, { mean }]) => [`eval/skill_${name}`, mean]),
    ),
  });
  const interval = sampled.ci95.map((end) => end.toFixed(3)).join(', ');
  progress.line(
    `eval  accuracy ${sampled.mean.toFixed(3)} [${interval}] sampled, ${greedy.mean.toFixed(3)} greedy, ${sampled.n} held-out tasks; text NLL ${textNll.mean.toFixed(3)}, KL to the base ${textKl.mean.toFixed(4)}`,
  );
}
