/** Of every build of the kernels: freestanding C, no libc, the same arithmetic everywhere. */
export const COMMON =
  '-std=c11 -O3 -ffreestanding -fno-builtin-memcpy -ffp-contract=off -fno-math-errno -fno-trapping-math -fwrapv ' +
  '-fno-strict-aliasing -fno-delete-null-pointer-checks -fno-stack-protector -fno-sanitize=all -fvisibility=hidden ' +
  '-fno-unwind-tables -fno-asynchronous-unwind-tables -Wall -Werror -s';

/** Of a library that needs no other. */
export const SHARED = '-shared -fPIC -nostdlib';
