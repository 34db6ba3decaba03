import type { engine } from '@tensorflow/tfjs-core';

/** One recorded kernel, as tfjs writes it down while a gradient scope is open. */
export type TapeNode = ReturnType<typeof engine>['state']['activeTape'][number];
