import { explainStep } from '@molrl/grpo';
import { RollBack } from '../control/rollBack.ts';
import type { Stage, StageStep } from '../method/stage.ts';

type EndOr = 'end' | undefined;

export interface DriveUpdatesOptions {
  updates: AsyncGenerator<StageStep>;
  /** After each update, before it is saved. `'end'` is the last one. */
  onUpdate(update: StageStep): EndOr | Promise<EndOr>;
  /** What to say of an update, each sentence once whatever its numbers. Default: what `explainStep` says of its metrics. */
  advice?: ((update: StageStep) => readonly string[]) | undefined;
  /** Prints a line that stays. */
  line(text: string): void;
  /** Whether the position after an update is worth a checkpoint. */
  isDue(update: StageStep): boolean;
  /** Takes the stage's position over into what `save` writes. */
  keep(): Promise<void>;
  save(): Promise<void>;
  /** After an update and its checkpoint: waits while the run is paused. */
  between?: ((update: StageStep) => Promise<void>) | undefined;
  /** Takes back what was written since the last save. Absent: an update counts before it is told. */
  forget?: (() => void) | undefined;
  /** An update threw: `stage` is as it was after the last one, or inside one. */
  onFailure?: ((error: Error) => Promise<void>) | undefined;
  signal: AbortSignal;
}

/** Makes a stage's updates: advice, checkpoints, and the position kept when the run is stopped. Frees the stage. */
export async function driveUpdates(stage: Stage, options: DriveUpdatesOptions): Promise<void> {
  const { updates, onUpdate, line, isDue, keep, save, signal } = options;
  const { advice = ({ metrics }: StageStep) => explainStep(metrics) } = options;
  const said = new Set<string>();
  let isTold = true;
  try {
    for await (const update of updates) {
      isTold = false;
      const verdict = await onUpdate(update);
      isTold = true;
      for (const sentence of advice(update)) {
        const kind = sentence.replace(/\d+/g, ''); // once a stage, whatever the numbers
        if (!said.has(kind)) line(`  update ${update.step}: ${sentence}`);
        said.add(kind);
      }
      signal.throwIfAborted();
      if (verdict === 'end') break;
      if (isDue(update)) {
        await keep();
        await save();
      }
      await options.between?.(update);
    }
  } catch (error) {
    // An update whose rows are not all written is made again.
    if (!isTold) options.forget?.();
    if (signal.aborted && (isTold || !options.forget)) await keep();
    else if (isTold && !signal.aborted && !(error instanceof RollBack))
      await options.onFailure?.(error as Error);
    throw error;
  } finally {
    stage.dispose();
  }
}
