import type { OpenEnvObservation } from './answer.ts';

/**
 * What a policy is shown of an observation unless `observe` says otherwise: its text, if exactly one field is a text
 * and the others are numbers, booleans or empty; else all of it as JSON. No words are lost but those of `metadata`, which
 * servers add since openenv 0.4: there environments keep what a policy is not to see.
 */
export function observationText(observation: OpenEnvObservation): string {
  const { metadata: _, ...shown } = observation;
  const spoken = Object.values(shown).filter((value) => !isMute(value));
  const [only] = spoken;
  return spoken.length === 1 && typeof only === 'string' ? only : JSON.stringify(shown);
}

function isMute(value: unknown): boolean {
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return true;
  return value === '' || (typeof value === 'object' && Object.keys(value as object).length === 0); // an array or a record
}
