/** Rows and columns of a product that a workgroup computes. */
export const TILE_SIZES = [32, 64, 128] as const;
export type TileSize = (typeof TILE_SIZES)[number];

/** Which tiles products have: those of few results, of which a GPU has too few workgroups, and the others. */
export interface GpuTiles {
  readonly small: TileSize;
  readonly large: TileSize;
}

export const USUAL_TILES: GpuTiles = { small: 64, large: 64 };
/** Results of the smallest of the large products. */
const LARGE = 2 ** 18;

/** @param results - Numbers that the product has. */
export const tileOf = (tiles: GpuTiles, results: number): TileSize =>
  results < LARGE ? tiles.small : tiles.large;

/** Rows and columns of the results that a lane has in its registers. */
export const perLane = (tile: TileSize): 4 | 8 => (tile === 32 ? 4 : 8);

export const lanesOf = (tile: TileSize): number => (tile / perLane(tile)) ** 2;
