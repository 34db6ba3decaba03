import type { Plan } from './run/plan.ts';
import type { Action, Update } from './run/session.ts';

/** What was chosen of one's own: the files of a model, and one with rows. */
export interface OwnFiles {
  model: readonly File[];
  rows?: File | undefined;
}

/** What the page asks of the worker. Each is answered by `Reply`s; they are carried out one after the other. */
export type Request =
  | { do: 'open'; device: 'auto' | 'cpu' }
  | { do: 'start'; plan: Omit<Plan, 'model' | 'data'>; own: OwnFiles }
  | { do: 'train' | 'pause' | 'step' | 'save' | 'share' | 'export' | 'forget' }
  | { do: 'rate'; learningRate: number }
  | { do: 'chat'; text: string }
  | { do: 'replay'; text: string; own: OwnFiles }
  /** Destroys the GPU device, as a driver that crashes does. */
  | { do: 'lose' };

/** Where a run stands. */
export interface View {
  plan: Plan;
  updates: Update[];
  actions: Action[];
  learningRate: number;
  running: boolean;
  over: boolean;
}

export type Reply =
  | { say: 'opened'; device: string; notice?: string | undefined }
  | { say: 'run'; view: View | undefined }
  | { say: 'update'; update: Update; learningRate: number }
  | { say: 'running'; running: boolean; over: boolean }
  | { say: 'chat'; question: string; before: string; after: string }
  | { say: 'files'; files: Record<string, Blob> }
  | { say: 'notice' | 'error'; text: string };
