import type { Random } from '@molrl/ef-env';
import type { Game } from './game.ts';
import { type MixedTask, mixedEnvironment } from './mixedEnvironment.ts';

/** One environment of a mix. */
export interface MixPart {
  name: string;
  game: Game;
  /** How often it is played, relative to the others. */
  weight: number;
}

/** Several games as one: each prompt is one game's, drawn by weight; held-out tasks are dealt in turn. */
export function mixedGame(parts: readonly MixPart[]): Game<MixedTask> {
  for (const { name, game } of parts) {
    if (game.environment.rubric === undefined) continue;
    throw new Error(
      `environment: '${name}' scores the answers of a group together and cannot be part of a mix. Play it alone.`,
    );
  }
  const teaching = parts.every(({ game }) => game.withFeedback !== undefined);
  return {
    environment: mixedEnvironment(parts.map(({ game }) => game.environment)),
    withFeedback: teaching
      ? mixedEnvironment(parts.map(({ game }) => game.withFeedback!))
      : undefined, // all have one
    nextTask: (random, position) => {
      const part = drawn(random, parts);
      return { part, task: parts[part]!.game.nextTask(random, position) }; // drawn is a place
    },
    nextTaskWithFeedback: (random, position) => {
      const part = drawn(random, parts);
      const { game } = parts[part]!; // drawn is a place
      const { nextTaskWithFeedback = game.nextTask } = game;
      return { part, task: nextTaskWithFeedback(random, position) };
    },
    heldOut: (count) => dealt(parts, count),
    isRight: (episode, { part, task }) => parts[part]!.game.isRight(episode, task),
    solution: ({ part, task }) => parts[part]!.game.solution?.(task),
    accuracy: parts.map(({ name, game }) => `${name}: ${game.accuracy}`).join('; '),
    files: Object.assign({}, ...parts.map(({ game }) => game.files)) as Record<string, string>,
    close: async () => {
      for (const { game } of parts) await game.close?.();
    },
  };
}

function drawn(random: Random, parts: readonly MixPart[]): number {
  let left = random.next() * parts.reduce((sum, { weight }) => sum + weight, 0);
  for (const [i, { weight }] of parts.entries()) {
    left -= weight;
    if (left < 0) return i;
  }
  return parts.length - 1; // rounding
}

function dealt(parts: readonly MixPart[], count: number): MixedTask[] {
  const lists = parts.map(({ game }) => game.heldOut(count));
  const tasks: MixedTask[] = [];
  for (let i = 0; i < count; i++) {
    for (const [part, list] of lists.entries()) {
      const task = list[i];
      if (task !== undefined && tasks.length < count) tasks.push({ part, task });
    }
  }
  return tasks;
}
