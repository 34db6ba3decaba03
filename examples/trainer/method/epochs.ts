import { createRandom, mixSeeds } from '@molrl/ef-env';

/** The item at a position of an endless run through all of them: every epoch is a new permutation, a function of seed and epoch alone. */
export function itemOfEpochs<Item>(items: readonly Item[], position: number, seed: number): Item {
  const epoch = Math.floor(position / items.length);
  const order = createRandom(mixSeeds(seed, 'epoch', epoch)).sample(items, items.length);
  return order[position % items.length]!; // inside by the remainder
}
