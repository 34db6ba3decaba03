import { TensorGpuError } from '../../../base/errors.ts';
import { reportFallBack } from '../../../fused/firstUseCheck.ts';
import { type GpuTiles, TILE_SIZES, type TileSize, USUAL_TILES } from '../engine/tiles.ts';
import type { WebGpuBackend } from '../engine/webGpuBackend.ts';
import { faultOfTile } from './checkGemm.ts';
import { gemm, rowMajor, tilePrograms } from './gemm.ts';

/** The products that are timed, `[rows, columns, depth]`: a layer of a small model, and a larger one. */
const TIMED = { small: [256, 256, 256], large: [512, 512, 256] } as const;
/** Every tile has so many turns, each of about so many milliseconds: a submission alone takes a fraction of one. */
const [TURNS, TURN_MS, MOST_PRODUCTS] = [3, 4, 64];
/** No further turn begins after so many milliseconds: a GPU that is a processor has one. */
const MOST_MS = 100;
/** Another tile than the usual one must take less than this part of its time: what differs by less may be noise. */
const FASTER = 0.95;

/** What was measured in this process, by adapter. */
const measured = new Map<string, GpuTiles>();

/**
 * Sets the tiles of products: those that are given, or the fastest. One that this GPU multiplies wrongly with is said, and not
 * used.
 *
 * @param adapter - A name for it: it is measured once.
 */
export async function useTiles(
  backend: WebGpuBackend,
  wanted: GpuTiles | 'measure',
  adapter: string,
): Promise<void> {
  const isMeasured = wanted === 'measure';
  const known = isMeasured ? measured.get(adapter) : wanted;
  const good = await checked(backend, known ? [known.small, known.large] : TILE_SIZES);
  const among = (tile: TileSize): TileSize => (good.includes(tile) ? tile : USUAL_TILES.small);
  const tiles = known ?? {
    small: await fastest(backend, good, TIMED.small),
    large: await fastest(backend, good, TIMED.large),
  };
  backend.tiles = { small: among(tiles.small), large: among(tiles.large) };
  if (isMeasured) measured.set(adapter, backend.tiles);
}

/** Compiles them; those that are right, the usual one among them: it was checked before. */
async function checked(backend: WebGpuBackend, tiles: readonly TileSize[]): Promise<TileSize[]> {
  const good: TileSize[] = [];
  for (const tile of new Set(tiles)) {
    const fault = tile === USUAL_TILES.small ? undefined : await faultIn(backend, tile);
    if (fault === undefined) good.push(tile);
    else
      reportFallBack(
        `openDevice: tiles of ${tile} cannot be used on this GPU (${fault}). Using ${USUAL_TILES.small} from now on; please report the adapter.`,
      );
  }
  return good;
}

async function faultIn(backend: WebGpuBackend, tile: TileSize): Promise<string | undefined> {
  try {
    await backend.gpu.pipelines.ahead(tilePrograms([tile]), () => undefined);
    return await faultOfTile(backend, tile);
  } catch (error) {
    return (error as Error).message; // what a driver rejects with
  }
}

/** The tile that such a product takes least time with. */
async function fastest(
  backend: WebGpuBackend,
  tiles: readonly TileSize[],
  [rows, columns, depth]: readonly [number, number, number],
): Promise<TileSize> {
  const [a, b] = [rows, columns].map((height) =>
    backend.makeTensorInfo([height, depth], 'float32', new Float32Array(height * depth).fill(1)),
  );
  const c = backend.output([rows, columns]);
  const time = async (tile: TileSize, products: number): Promise<number> => {
    const start = performance.now();
    for (let k = 0; k < products; k++)
      gemm(backend, {
        ...{ m: rows, n: columns, k: depth, tile },
        a: rowMajor(a!, depth),
        b: rowMajor(b!, depth, { transposed: true }),
        c: rowMajor(c, columns),
      });
    await backend.gpu.finish();
    return (performance.now() - start) / products;
  };
  const best = new Map<TileSize, number>();
  for (const tile of tiles) await time(tile, 1); // warm
  const start = performance.now();
  const products = Math.ceil(TURN_MS / Math.max(TURN_MS / MOST_PRODUCTS, await time(64, 1)));
  for (let turn = 0; turn === 0 || (turn < TURNS && performance.now() - start < MOST_MS); turn++)
    for (const tile of tiles)
      best.set(
        tile,
        Math.min(best.get(tile) ?? Number.POSITIVE_INFINITY, await time(tile, products)),
      );
  for (const { dataId } of [a!, b!, c]) backend.disposeData(dataId);
  const usual = USUAL_TILES.small;
  const [first = usual] = [...best.keys()].sort((x, y) => best.get(x)! - best.get(y)!);
  return best.get(first)! < FASTER * best.get(usual)! ? first : usual;
}

/** @throws {TensorGpuError} `option` for tiles that there are not. */
export function assertTiles(tiles: GpuTiles | 'measure'): void {
  if (tiles === 'measure') return;
  const { small, large } = tiles;
  for (const [name, tile] of Object.entries({ small, large })) {
    if (TILE_SIZES.includes(tile)) continue;
    throw new TensorGpuError(
      'option',
      `openDevice: tiles.${name} must be one of ${TILE_SIZES.join(', ')}, got ${String(tile)}.`,
    );
  }
}
