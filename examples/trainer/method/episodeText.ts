import type { Trajectory } from '@molrl/ef-env';

/** The user's first question. */
export function askedIn({ segments }: Trajectory): string {
  const asked = segments.find(({ kind, speaker }) => kind === 'prompt' && speaker === 'user');
  return asked?.text ?? '';
}

/** What the model said last. */
export function saidIn({ segments }: Trajectory): string {
  return segments.findLast(({ kind }) => kind === 'policy')?.text ?? '';
}
