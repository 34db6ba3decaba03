import type { TileSize } from '@molrl/tensor-gpu';
import { z } from 'zod';
import { named } from '../settingTypes.ts';

/** Written down here, so that a wrong setting need not wait for the engine. */
const SIZES: readonly number[] = [32, 64, 128] satisfies TileSize[];
const MUST = `must be one of ${SIZES.join(', ')}`;

const size = z.number(MUST).refine((tile): tile is TileSize => SIZES.includes(tile), MUST);

/** In what pieces a GPU computes products. */
export const tiles = z.strictObject({
  small: named(
    size,
    'Rows and columns of the pieces in which a GPU computes products of few results. Default, for both: measured when the run begins, then kept in run.json and in checkpoints.',
  ),
  large: named(size, 'The same of large products.'),
});
