import { z } from 'zod';
import { change } from '../config/sections/changes.ts';

/** What a person may ask of a running run. */
const controlCommand = z.discriminatedUnion('do', [
  z.strictObject({ do: z.enum(['pause', 'resume', 'step', 'snapshot']) }),
  z.strictObject({ do: z.literal('rollBack'), checkpoint: z.string() }),
  change.omit({ stage: true, step: true }).extend({ do: z.literal('set') }),
]);

export type ControlCommand = z.infer<typeof controlCommand>;

/** @throws {Error} One line that says what is wrong. */
export function readCommand(value: unknown): ControlCommand {
  const result = controlCommand.safeParse(value);
  if (!result.success) {
    const { path, message } = result.error.issues[0]!; // at least one
    throw new Error(`${path.join('.') || 'command'}: ${message}`);
  }
  if (result.data.do === 'set' && Object.keys(result.data).length === 1)
    throw new Error('set: give learningRate, beta, temperature or alpha');
  return result.data;
}
