import { sha256 } from '../../trainer/base/sha256.ts';
import type { Saved } from './session.ts';

/** SHA-256 over every trained weight, every moment of the optimizer and every metric that is no time: equal only for equal bits. */
export async function digestOf({ progress, updates }: Saved): Promise<string> {
  const parts: Uint8Array[] = [];
  const groups = progress ? [progress.weights, progress.moments] : [];
  for (const group of groups)
    for (const name of Object.keys(group).sort()) {
      const { buffer, byteOffset, byteLength } = group[name]!; // a name of it
      parts.push(new TextEncoder().encode(name), new Uint8Array(buffer, byteOffset, byteLength));
    }
  const figures = updates.map(({ stage, step, metrics }) => [
    stage,
    step,
    Object.entries(metrics).filter(([name]) => !name.startsWith('perf/')),
  ]);
  parts.push(new TextEncoder().encode(JSON.stringify(figures)));
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return sha256(bytes);
}
