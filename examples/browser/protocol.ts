import type { Plan } from './run/plan.ts';
import type { Action, Update } from './run/session.ts';

/** What the page asks of the worker. Each is answered by `Reply`s; they are carried out one after the other. */
export type Request =
  | { do: 'open'; device: 'auto' | 'cpu' }
  /** `files` are those of a model of one's own. */
  | { do: 'start'; plan: Omit<Plan, 'model'>; files?: readonly File[] | undefined }
  | { do: 'train' | 'pause' | 'step' | 'share' | 'export' | 'forget' }
  | { do: 'rate'; learningRate: number }
  | { do: 'chat'; text: string }
  | { do: 'replay'; text: string; files?: readonly File[] | undefined }
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
