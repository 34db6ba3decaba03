import type { StoredDtype } from '../../../weights/storedDtype.ts';
import { halfReads, holdsHalves } from './halves.ts';

/** WGSL's types of four bytes. */
export type WordType = 'f32' | 'i32' | 'u32';

/** What a device has beyond plain WGSL, and was seen to do right. */
export interface WgslExtensions {
  /** Lanes of the subgroups that programs may use; see {@link LaneText}. */
  readonly subgroup: number;
  /** Numbers of 16 bits. */
  readonly shaderF16: boolean;
}

/**
 * WGSL for devices whose subgroups have so many lanes at least, a power of two, numbered as the lanes are; for one lane it uses
 * none.
 */
export type LaneText = (subgroup: number, lanesOfWorkgroup: number) => string;

/** A compute shader, told by what it reads and writes. */
export interface ProgramSource {
  /** Name in counts, errors and profiles. */
  readonly name: string;
  /** Storage buffers that are read. */
  readonly reads: Readonly<Record<string, WordType>>;
  /** Of those, frozen weights that are read as they are stored, by their type. Default: all are what tfjs takes them for. */
  readonly stored?: Readonly<Record<string, StoredDtype>> | undefined;
  /** Storage buffers that are written (and may be read). */
  readonly writes: Readonly<Record<string, WordType>>;
  /** Numbers of a call, `params.NAME` in the shader. */
  readonly params: Readonly<Record<string, WordType>>;
  /** Invocations of a workgroup. Default 256. */
  readonly lanes?: number | undefined;
  /** Declarations before the entry point. */
  readonly declarations?: string | undefined;
  /** Those of them that use subgroups where there are some. */
  readonly reductions?: LaneText | undefined;
  /**
   * What a workgroup does. It knows `block` (its number, below the number of blocks that were dispatched), `lane` and
   * `LANES`.
   */
  readonly body: string;
}

/** A shader that can be compiled. */
export interface Program extends ProgramSource {
  readonly lanes: number;
  readonly code: (extensions: WgslExtensions) => string;
  /** Names in the order of the bindings, reads first. */
  readonly bindings: readonly string[];
  /** Names of the params, in the order of their words. */
  readonly words: readonly (readonly [name: string, type: WordType])[];
}

/** Writes the shader's frame: bindings, params, and the number of the workgroup in a grid of two dimensions. */
export function defineProgram(source: ProgramSource): Program {
  const { name, reads, writes, params, stored, lanes = 256, body } = source;
  const { declarations = '', reductions } = source;
  const words = [...Object.entries(params), ['blocks', 'u32']] as [string, WordType][];
  const storage = [
    ...Object.entries(reads).map(([key, type]) => ['read', key, type]),
    ...Object.entries(writes).map(([key, type]) => ['read_write', key, type]),
  ];
  const readsHalves = Object.values(stored ?? {}).some(holdsHalves);
  const enabled = ({ subgroup, shaderF16 }: WgslExtensions): string =>
    [
      reductions && subgroup > 1 ? 'enable subgroups;' : '',
      readsHalves && shaderF16 ? 'enable f16;' : '',
    ].join('');
  const code = (extensions: WgslExtensions): string => `${enabled(extensions)}
struct Params { ${words.map(([key, type]) => `${key}: ${type}`).join(', ')} }
@group(0) @binding(0) var<uniform> params: Params;
${storage.map(([access, key, type], k) => `@group(0) @binding(${k + 1}) var<storage, ${access}> ${key}: array<${type}>;`).join('\n')}
const LANES = ${lanes}u;
${reductions?.(extensions.subgroup, lanes) ?? ''}
${readsHalves ? halfReads(extensions.shaderF16) : ''}
${declarations}
@compute @workgroup_size(${lanes})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) lane: u32) {
  let block = group.y * groups.x + group.x;
  if (block >= params.blocks) { return; }
  ${body}
}
`;
  return {
    ...{ name, reads, stored, writes, params, declarations, reductions, body, lanes },
    ...{ code, words, bindings: [...Object.keys(reads), ...Object.keys(writes)] },
  };
}

/** The program of each key, made when it is first asked for: shaders with a size in their text. */
export function programFamily<Key extends string | number>(
  make: (key: Key) => Program,
): (key: Key) => Program {
  const made = new Map<Key, Program>();
  return (key) => {
    const known = made.get(key);
    if (known !== undefined) return known;
    const program = make(key);
    made.set(key, program);
    return program;
  };
}
