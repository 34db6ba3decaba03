import { env, arch as processArch, platform as processPlatform } from 'node:process';
import { TensorGpuError } from '../../../base/errors.ts';
import { prebuild } from './prebuild.ts';

/** Kinds of x86-64 processors that have kernels of their own: AVX2 with FMA, and AVX-512 (F, BW, CD, DQ, VL). */
const X64_LEVELS = ['v3', 'v4'] as const;
export type CpuLevel = (typeof X64_LEVELS)[number];

const NEEDS: Record<CpuLevel, string> = { v3: 'AVX2 and FMA', v4: 'AVX-512 (F, BW, CD, DQ, VL)' };

/** Where native kernels are looked for. */
export interface NativeSearch {
  /** As Node names them. Default: this process's. */
  platform?: string | undefined;
  arch?: string | undefined;
  /** What `MOLRL_CPU` says: `v3` or `v4` forces that one. Default: the environment's. */
  forced?: string | undefined;
  /** The level that the processor and the system support (4, 3, less), read by code in that library. */
  levelOf(file: string): number;
  /** Path of a prebuild, if the package has it. Default: {@link prebuild}. */
  find?: ((name: string) => string | undefined) | undefined;
}

/**
 * The native library to load: the widest vectors that processor and system have, or the one that `MOLRL_CPU` names.
 *
 * @throws {TensorGpuError} `native` where there are none, or none for this processor; `option` for an unknown `MOLRL_CPU`,
 * or one that cannot run here.
 */
export function nativeFile(search: NativeSearch): string {
  const { platform = processPlatform, arch = processArch, find = prebuild } = search;
  const forced = forcedLevel(search.forced ?? env.MOLRL_CPU);
  const extension = { darwin: 'dylib', win32: 'dll' }[platform] ?? 'so';
  const place = `${platform}-${arch}`;
  const fileOf = (name: string) => find(`${place}/${name}.${extension}`);
  if (arch !== 'x64') {
    if (forced !== undefined)
      throw new TensorGpuError(
        'option',
        `openCpu: MOLRL_CPU=${forced} is for x64, this is ${place}. Leave MOLRL_CPU unset.`,
      );
    return fileOf('kernels') ?? missing(place);
  }
  const files = { v3: fileOf('kernels-v3'), v4: fileOf('kernels-v4') };
  const level = search.levelOf(files.v3 ?? files.v4 ?? missing(place));
  const usable = X64_LEVELS.filter((name) => level >= Number(name.slice(1)) && files[name]);
  if (forced === undefined) return files[usable.at(-1) ?? unsupported()]!; // usable: has a file
  if (files[forced] === undefined)
    throw new TensorGpuError(
      'option',
      `openCpu: there are no ${forced} kernels for ${place}, as MOLRL_CPU asks. Leave MOLRL_CPU unset.`,
    );
  if (!usable.includes(forced))
    throw new TensorGpuError(
      'option',
      `openCpu: MOLRL_CPU=${forced} needs ${NEEDS[forced]}, which this processor or its system lacks (level v${Math.max(1, level)}). Leave MOLRL_CPU unset.`,
    );
  return files[forced];
}

function forcedLevel(text: string | undefined): CpuLevel | undefined {
  if (!text) return undefined;
  const level = X64_LEVELS.find((name) => name === text);
  if (level === undefined)
    throw new TensorGpuError(
      'option',
      `openCpu: MOLRL_CPU must be v3 or v4, got '${text}'. Leave it unset to use what the processor has.`,
    );
  return level;
}

function missing(place: string): never {
  throw new TensorGpuError(
    'native',
    `openCpu: there are no native kernels for ${place}. Use kernels: 'wasm' (the default falls back to it).`,
  );
}

function unsupported(): never {
  throw new TensorGpuError(
    'native',
    `openCpu: the native kernels need a processor with ${NEEDS.v3}. Use kernels: 'wasm' (the default falls back to it).`,
  );
}
