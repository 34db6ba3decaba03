import { descriptors, type KernelName, type KernelWords, type WordKind } from './descriptors.ts';

const bits = new DataView(new ArrayBuffer(4));

/** Words of each kernel, in order. */
const layouts = new Map(
  Object.entries(descriptors).map(([kernel, words]) => [kernel, Object.entries<WordKind>(words)]),
);

/** The words of a command as its kernel reads them: numbers of 32 bits, in the order of the declaration. */
export function packWords<Name extends KernelName>(
  kernel: Name,
  words: KernelWords<Name>,
): number[] {
  const packed: number[] = [];
  for (const [name, kind] of layouts.get(kernel)!) {
    const value: number | ArrayLike<number> = words[name as keyof KernelWords<Name>]; // named by the same declaration
    if (typeof value !== 'number') for (let i = 0; i < value.length; i++) packed.push(value[i]!);
    else if (kind === 'address') packed.push(value % 2 ** 32, Math.floor(value / 2 ** 32));
    else packed.push(kind === 'f32' ? f32Bits(value) : value);
  }
  return packed;
}

/** The 32 bits of a float: a kernel reads the word as this float. */
export function f32Bits(x: number): number {
  bits.setFloat32(0, x, true);
  return bits.getUint32(0, true);
}
