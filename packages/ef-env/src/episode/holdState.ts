import type { ResetOptions } from './environment.ts';

interface HeldState<Task, First extends { state: unknown }> {
  /** What `reset` made: only asked for after it. */
  readonly state: First['state'];
  reset(task: Task, options: ResetOptions): Promise<First>;
  close(): Promise<void>;
}

/** Keeps one episode's state from `reset` to `close`; what a `reset` makes after `close` is closed at once. */
export function holdState<Task, First extends { state: unknown }>(definition: {
  reset(task: Task, options: ResetOptions): First | Promise<First>;
  close?: ((state: First['state']) => void | Promise<void>) | undefined;
}): HeldState<Task, First> {
  let first: First | undefined;
  let closed = false;
  return {
    get state() {
      return first?.state;
    },
    async reset(task, options) {
      first = await definition.reset(task, options);
      if (closed) await definition.close?.(first.state);
      return first;
    },
    async close() {
      if (first !== undefined && !closed) await definition.close?.(first.state);
      closed = true;
    },
  };
}
