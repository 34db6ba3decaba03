import * as tensorGpu from '@molrl/tensor-gpu';
import { beforeEach, expect, test, vi } from 'vitest';
import { checkSettings } from '../config/checkSettings.ts';
import { openEngine, withTiles } from './openEngine.ts';

const MEASURED = { small: 32, large: 128 } as const;

/** A GPU that measures the tiles above, and otherwise takes what it is given. */
vi.mock('@molrl/tensor-gpu', async (original) => ({
  ...(await original<typeof tensorGpu>()),
  openDevice: vi.fn(async (kind: string, { tiles }: { tiles: unknown }) => ({
    kind,
    adapter: { vendor: 'a', architecture: 'b' },
    tiles: tiles === 'measure' ? MEASURED : tiles,
  })),
}));
const open = vi.mocked(tensorGpu.openDevice);
beforeEach(() => {
  open.mockClear();
});

test('a GPU measures its tiles when a run begins; the settings keep them, and a resume gets those', async () => {
  const begun = checkSettings({ device: 'webgpu', environment: 'codewords' });
  expect(begun.tiles).toBeUndefined();
  const settings = withTiles(begun, await openEngine({ device: 'webgpu', tiles: begun.tiles }));
  expect(open).toHaveBeenLastCalledWith('webgpu', { tiles: 'measure' });
  expect(settings.tiles).toEqual(MEASURED);
  const again = checkSettings(JSON.parse(JSON.stringify(settings))); // as run.json and checkpoints have it
  const resumed = await openEngine({ device: 'webgpu', tiles: again.tiles });
  expect(open).toHaveBeenLastCalledWith('webgpu', { tiles: MEASURED });
  expect(resumed.tiles).toEqual(MEASURED);
});

test('other tiles are refused in one line', () => {
  expect(() => checkSettings({ tiles: { small: 48, large: 64 } })).toThrow(
    'tiles.small: must be one of 32, 64, 128, got 48.',
  );
});
