import { describe, expect, test } from 'vitest';
import { type NativeSearch, nativeFile } from './nativeFile.ts';

/** The native prebuilds of this package. */
const FILES = [
  ...['linux-x64/kernels-v3.so', 'linux-x64/kernels-v4.so', 'linux-arm64/kernels.so'],
  ...['darwin-x64/kernels-v3.dylib', 'darwin-arm64/kernels.dylib', 'win32-x64/kernels-v3.dll'],
];

/** A machine whose processor has the given level. */
const machine = (place: string, level: number, forced = ''): NativeSearch => {
  const [platform, arch] = place.split('-');
  const find = (name: string) => FILES.find((file) => file === name);
  return { platform, arch, forced, levelOf: () => level, find };
};
const chosen = (place: string, level: number, forced?: string): string =>
  nativeFile(machine(place, level, forced));

describe('nativeFile', () => {
  test.each([
    ['linux-x64', 3, 'linux-x64/kernels-v3.so'],
    ['linux-x64', 4, 'linux-x64/kernels-v4.so'],
    ['linux-arm64', 0, 'linux-arm64/kernels.so'],
    ['darwin-x64', 4, 'darwin-x64/kernels-v3.dylib'], // no wider ones there
    ['darwin-arm64', 0, 'darwin-arm64/kernels.dylib'],
    ['win32-x64', 3, 'win32-x64/kernels-v3.dll'],
  ])('%s, level %i: %s', (place, level, file) => {
    expect(chosen(place, level)).toBe(file);
  });

  test('MOLRL_CPU forces one', () => {
    expect(chosen('linux-x64', 4, 'v3')).toBe('linux-x64/kernels-v3.so');
    expect(chosen('linux-x64', 4, 'v4')).toBe('linux-x64/kernels-v4.so');
  });

  test('the level is asked of code without vectors: the v3 file', () => {
    const asked: string[] = [];
    const levelOf = (file: string): number => asked.push(file) && 4;
    nativeFile({ ...machine('linux-x64', 4), levelOf });
    expect(asked).toEqual(['linux-x64/kernels-v3.so']);
  });

  test.each([
    ['linux-x64', 4, 'v5', /MOLRL_CPU must be v3 or v4, got 'v5'/],
    ['linux-x64', 3, 'v4', /MOLRL_CPU=v4 needs AVX-512 .* lacks \(level v3\)/],
    ['linux-x64', 1, 'v3', /MOLRL_CPU=v3 needs AVX2 and FMA/],
    ['darwin-x64', 4, 'v4', /no v4 kernels for darwin-x64/],
    ['linux-arm64', 0, 'v3', /is for x64, this is linux-arm64/],
  ])('%s, level %i, MOLRL_CPU=%s is refused', (place, level, forced, message) => {
    const search = machine(place, level, forced);
    expect(() => nativeFile(search)).toThrow(expect.objectContaining({ code: 'option' }));
    expect(() => nativeFile(search)).toThrow(message);
  });

  test.each([
    ['linux-x64', 1, /need a processor with AVX2 and FMA/],
    ['freebsd-x64', 3, /no native kernels for freebsd-x64/],
    ['win32-arm64', 0, /no native kernels for win32-arm64/],
  ])('%s, level %i has none: `native`, so that the default falls back', (place, level, message) => {
    const search = machine(place, level);
    expect(() => nativeFile(search)).toThrow(expect.objectContaining({ code: 'native' }));
    expect(() => nativeFile(search)).toThrow(message);
  });
});
