import { currentBackend } from '../backend/backend.ts';

/** Whether tfjs's current back end is a device of this package, for which `createDecoder` can sample. */
export const canDecode = (): boolean => currentBackend() !== undefined;
