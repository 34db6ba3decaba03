import { currentBackend } from '../backend/backend.ts';

/**
 * Whether tfjs's current back end is a device of this package, for which `createDecoder` can sample.
 *
 * @param needs - `experts`: also from layers with experts. A GPU does, the CPU does not.
 */
export function canDecode({ experts = false }: { experts?: boolean } = {}): boolean {
  const device = currentBackend();
  return device !== undefined && (!experts || device.decodesExperts === true);
}
