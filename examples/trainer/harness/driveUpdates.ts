import type { Stage, StageStep } from '../method/stage.ts';

export interface DriveUpdatesOptions {
  updates: AsyncGenerator<StageStep>;
  /** After each update, before it is saved. */
  onUpdate(update: StageStep): void | Promise<void>;
  /** What to say of an update, each sentence once whatever its numbers. Default: its own advice. */
  advice?: ((update: StageStep) => readonly string[]) | undefined;
  /** Prints a line that stays. */
  line(text: string): void;
  /** Whether the position after an update is worth a checkpoint. */
  isDue(update: StageStep): boolean;
  /** Takes the stage's position over into what `save` writes. */
  keep(): Promise<void>;
  save(): Promise<void>;
  signal: AbortSignal;
}

/** Makes a stage's updates: advice, checkpoints, and the position kept when the run is stopped. Frees the stage. */
export async function driveUpdates(stage: Stage, options: DriveUpdatesOptions): Promise<void> {
  const { updates, onUpdate, line, isDue, keep, save, signal } = options;
  const { advice = (update: StageStep) => update.advice ?? [] } = options;
  const said = new Set<string>();
  try {
    for await (const update of updates) {
      await onUpdate(update);
      for (const sentence of advice(update)) {
        const kind = sentence.replace(/\d+/g, ''); // once a stage, whatever the numbers
        if (!said.has(kind)) line(`  update ${update.step}: ${sentence}`);
        said.add(kind);
      }
      signal.throwIfAborted();
      if (isDue(update)) {
        await keep();
        await save();
      }
    }
  } catch (error) {
    if (signal.aborted) await keep();
    throw error;
  } finally {
    stage.dispose();
  }
}
