import type { BeforeRun } from './check.ts';

export const gib = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GiB`;

/** Of a smaller part nothing is said. */
const LEAST = 2 ** 20;

/** `Memory: about 1.2 GiB of 23.4 GiB (frozen weights 0.3 GiB, activations 0.3 GiB, …).`, the largest part first. */
export function memoryInWords({ needed, there, parts }: BeforeRun['memory']): string {
  const told = Object.entries(parts)
    .filter(([, bytes]) => bytes >= LEAST)
    .sort(([, a], [, b]) => b - a)
    .map(([name, bytes]) => `${name} ${Math.round(bytes / 2 ** 20)} MiB`);
  return `Memory: about ${gib(needed)} of ${gib(there)} (${[...told, 'the process itself'].join(', ')}).`;
}
