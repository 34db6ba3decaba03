import {
  createRandom,
  type GymFamilyName,
  type GymTask,
  gymTask,
  mixSeeds,
  type Random,
  reasoningGym,
} from '@molrl/ef-env';
import type { Domain, Split } from './domain.ts';

/** By the text of the question: an eighth each is held out for the choice of settings and for the figures. */
function sideOf({ question }: GymTask): Split | 'train' {
  const side = mixSeeds('held-out', question) % 8;
  if (side === 0) return 'test';
  return side === 1 ? 'validation' : 'train';
}

/** A reasoning-gym family at one level; the first mistake of an attempt is named, and not what is right. */
export function gymDomain(
  family: GymFamilyName,
  level: number,
  rest: Pick<Domain, 'maxTokens' | 'budget' | 'skills'> & { name?: string },
): Domain<GymTask> {
  const draw = (random: Random, side: Split | 'train'): GymTask => {
    for (;;) {
      const task = gymTask(family, { level, seed: random.integer(2 ** 32) });
      if (sideOf(task) === side) return task;
    }
  };
  const nextTask = (random: Random): GymTask => draw(random, 'train');
  return {
    ...{ name: family.replaceAll('_', '-'), ...rest, firstTask: nextTask, nextTask },
    told: reasoningGym({ feedback: 'step' }),
    silent: reasoningGym({ feedback: 'none' }),
    heldOut: (split, count) => {
      const random = createRandom(mixSeeds('evaluation', split, family));
      return Array.from({ length: count }, () => draw(random, split));
    },
  };
}
