import { type ControlCommand, readCommand } from './controlCommand.ts';

/** Where a run stands, for who looks at it. */
export interface ControlView {
  stage: string;
  /** Updates of the stage that were done, and all of them. */
  step: number;
  of: number;
  paused: boolean;
  /** Of the last update. */
  metrics: Readonly<Record<string, number>>;
  /** File names, the newest first. */
  checkpoints: readonly string[];
  changes: readonly object[];
  actions: readonly string[];
}

/** What commands do, between two updates. */
export interface ControlHooks {
  set(values: Omit<Extract<ControlCommand, { do: 'set' }>, 'do'>): Promise<void>;
  snapshot(): Promise<void>;
  /** @throws {RollBack} if there is such a checkpoint. */
  rollBack(checkpoint: string): Promise<void>;
  /** What is said of the run now. */
  view(): Promise<Omit<ControlView, 'paused'>>;
}

/** The wishes of a person, carried out between two updates: a run is never changed inside one. */
export interface Control {
  /** @throws {Error} One line for a command that cannot be. */
  submit(command: unknown): void;
  /** The last known position; undefined before the first update. */
  view(): ControlView | undefined;
  /** Carries out what was asked, and waits while the run is paused. */
  between(hooks: ControlHooks, signal: AbortSignal): Promise<void>;
}

export function createControl(): Control {
  const queue: ControlCommand[] = [];
  let paused = false;
  let wake: () => void = () => {};
  let seen: Omit<ControlView, 'paused'> | undefined;

  /** @returns Whether one update may be made although the run is paused. */
  const carryOut = async (command: ControlCommand, hooks: ControlHooks): Promise<boolean> => {
    if (command.do === 'pause' || command.do === 'resume') paused = command.do === 'pause';
    if (command.do === 'step') paused = true;
    if (command.do === 'snapshot') await hooks.snapshot();
    if (command.do === 'rollBack') await hooks.rollBack(command.checkpoint);
    if (command.do === 'set') {
      const { do: _, ...values } = command;
      await hooks.set(values);
    }
    return command.do === 'step';
  };

  return {
    submit: (command) => {
      queue.push(readCommand(command));
      wake();
    },
    view: () => seen && { ...seen, paused },
    async between(hooks, signal) {
      seen = await hooks.view();
      for (;;) {
        const command = queue.shift();
        if (command) {
          const isStep = await carryOut(command, hooks);
          seen = await hooks.view();
          if (isStep) return;
          continue;
        }
        if (!paused) return;
        await new Promise<void>((resolve, reject) => {
          const onAbort = (): void => reject(signal.reason as Error); // aborted with one
          wake = () => {
            signal.removeEventListener('abort', onAbort);
            resolve();
          };
          signal.addEventListener('abort', onAbort, { once: true });
          if (signal.aborted) onAbort();
        });
      }
    },
  };
}
