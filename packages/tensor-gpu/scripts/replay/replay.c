// Runs recorded commands in a kernel library and compares what they write with what was recorded: how kernels are tried
// that this machine's processor cannot run (qemu-user), and tiles that it would not choose.
//
//   replay LIBRARY RECORDING        prints a line per kernel, then "N passed, M failed"; exit code 1 if M > 0
//
// The library is loaded by hand: it needs no libc, and a static program needs no system of the other processor.
// recording: u32 magic, u32 heap bytes, u32 table hash, then per command
//   u32 name[8], kernel, chunks, how, nWords, words[], nAddresses, wordIndex[], nWrites, {offset, count, data[]}, nExpected, {...}
#include <elf.h>
#include <fcntl.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

typedef uint8_t u8;
typedef uint32_t u32;
typedef uint64_t u64;
typedef void (*RunProgram)(u8 *heap, u32 control, u32 program, u32 count, u32 threads, u32 scratch);

enum { MAGIC = 0x4c52504d, FLOATS = 0, DOUBLES = 1 };
#define SCRATCH_BYTES (4u << 20)
#define PROGRAM_BYTES (1u << 20)
#define TOLERANCE 2e-4

static void fail(const char *what, const char *name) {
  fprintf(stderr, "replay: %s %s\n", what, name);
  exit(2);
}

static u8 *readFile(const char *path, size_t *bytes) {
  int file = open(path, O_RDONLY);
  struct stat info;
  if (file < 0 || fstat(file, &info) != 0) fail("cannot read", path);
  u8 *data = mmap(0, info.st_size, PROT_READ, MAP_PRIVATE, file, 0);
  if (data == MAP_FAILED) fail("cannot map", path);
  *bytes = info.st_size;
  return data;
}

// ---- a shared library without needs of its own
typedef struct {
  u8 *base;
  const Elf64_Sym *symbols;
  const char *names;
} Library;

static void relocate(const Library *lib, const Elf64_Rela *r, size_t count) {
  for (size_t i = 0; i < count; i++) {
    u64 *at = (u64 *)(lib->base + r[i].r_offset);
    const Elf64_Sym *symbol = lib->symbols + ELF64_R_SYM(r[i].r_info);
    switch (ELF64_R_TYPE(r[i].r_info)) {
      case R_AARCH64_RELATIVE:
      case R_X86_64_RELATIVE: *at = (u64)lib->base + r[i].r_addend; break;
      case R_AARCH64_GLOB_DAT:
      case R_AARCH64_JUMP_SLOT:
      case R_AARCH64_ABS64:
      case R_X86_64_GLOB_DAT:
      case R_X86_64_JUMP_SLOT:
      case R_X86_64_64: *at = (u64)lib->base + symbol->st_value + r[i].r_addend; break;
      default: fail("relocation", "of a kind that is not known");
    }
  }
}

static Library loadLibrary(const char *path) {
  size_t bytes, span = 0;
  const u8 *file = readFile(path, &bytes);
  const Elf64_Ehdr *header = (const Elf64_Ehdr *)file;
  const Elf64_Phdr *part = (const Elf64_Phdr *)(file + header->e_phoff);
  for (int i = 0; i < header->e_phnum; i++)
    if (part[i].p_type == PT_LOAD && part[i].p_vaddr + part[i].p_memsz > span) span = part[i].p_vaddr + part[i].p_memsz;
  Library lib = {mmap(0, span, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), 0, 0};
  if (lib.base == MAP_FAILED) fail("no memory for", path);
  const Elf64_Dyn *dynamic = 0;
  for (int i = 0; i < header->e_phnum; i++) {
    if (part[i].p_type == PT_LOAD) memcpy(lib.base + part[i].p_vaddr, file + part[i].p_offset, part[i].p_filesz);
    if (part[i].p_type == PT_DYNAMIC) dynamic = (const Elf64_Dyn *)(lib.base + part[i].p_vaddr);
  }
  u64 value[64] = {0};
  for (; dynamic && dynamic->d_tag != DT_NULL; dynamic++)
    if (dynamic->d_tag < 64) value[dynamic->d_tag] = dynamic->d_un.d_val;
  lib.symbols = (const Elf64_Sym *)(lib.base + value[DT_SYMTAB]);
  lib.names = (const char *)(lib.base + value[DT_STRTAB]);
  relocate(&lib, (const Elf64_Rela *)(lib.base + value[DT_RELA]), value[DT_RELASZ] / sizeof(Elf64_Rela));
  relocate(&lib, (const Elf64_Rela *)(lib.base + value[DT_JMPREL]), value[DT_PLTRELSZ] / sizeof(Elf64_Rela));
  __builtin___clear_cache((char *)lib.base, (char *)lib.base + span);
  return lib;
}

static void *symbolOf(const Library *lib, const char *name) {
  // the table of names lies behind the table of symbols
  for (const Elf64_Sym *s = lib->symbols; (const char *)s < lib->names; s++)
    if (strcmp(lib->names + s->st_name, name) == 0) return lib->base + s->st_value;
  fail("the library has no", name);
  return 0;
}

// ---- comparing
static float asFloat(u32 word) {
  float f;
  memcpy(&f, &word, 4);
  return f;
}
static int near(double got, double expected) {
  if (isnan(expected)) return isnan(got);
  return got == expected || fabs(got - expected) <= TOLERANCE * fmax(1, fabs(expected));
}
// A word may be a float or a whole number: small numbers must be equal (as floats they would all be about 0).
static int sameWord(u32 got, u32 expected) {
  const u32 smallest = 0x00800000; // the least normal float
  if (got == expected) return 1;
  if (expected < smallest && expected != 0) return 0;
  if (got < smallest && got != 0) return 0;
  return near(asFloat(got), asFloat(expected));
}

static u32 compare(const u8 *heap, const u32 *run, u32 count, u32 how) {
  u32 wrong = 0;
  const u32 *got = (const u32 *)(heap + run[0]), *expected = run + 2;
  (void)count;
  if (how == DOUBLES) { // a run of changed words may begin or end within a number
    for (u32 offset = run[0] & ~7u; offset < run[0] + 4 * run[1]; offset += 8) {
      double a;
      u32 words[2];
      memcpy(&a, heap + offset, 8);
      memcpy(words, heap + offset, 8);
      for (u32 k = 0; k < 2; k++) {
        const u32 at = offset + 4 * k;
        if (at >= run[0] && at < run[0] + 4 * run[1]) words[k] = expected[(at - run[0]) / 4];
      }
      double b;
      memcpy(&b, words, 8);
      if (!near(a, b)) wrong++;
    }
    return wrong;
  }
  for (u32 i = 0; i < run[1]; i++)
    if (!sameWord(got[i], expected[i])) wrong++;
  return wrong;
}

int main(int argc, char **argv) {
  if (argc != 3) fail("usage:", "replay LIBRARY RECORDING");
  const Library lib = loadLibrary(argv[1]);
  const RunProgram run = (RunProgram)symbolOf(&lib, "run_program");
  size_t bytes;
  const u32 *p = (const u32 *)readFile(argv[2], &bytes), *end = p + bytes / 4;
  if (p[0] != MAGIC) fail("no recording:", argv[2]);
  const u32 heapBytes = p[1];
  if (((u32(*)(void))symbolOf(&lib, "kernel_table"))() != p[2]) fail("built from other sources:", argv[1]);
  p += 3;
  u8 *heap = mmap(0, (size_t)heapBytes + SCRATCH_BYTES + PROGRAM_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (heap == MAP_FAILED) fail("no memory for", "the heap");
  u32 passed = 0, failed = 0;
  while (p < end) {
    char name[33] = {0};
    memcpy(name, p, 32);
    const u32 kernel = p[8], chunks = p[9], how = p[10], nWords = p[11];
    u32 *program = (u32 *)(heap + heapBytes + SCRATCH_BYTES);
    program[0] = kernel, program[1] = chunks, program[2] = nWords;
    memcpy(program + 3, p + 12, 4 * nWords);
    p += 12 + nWords;
    for (u32 left = *p++; left > 0; left--, p++) { // words that are addresses: here the heap lies elsewhere
      u32 *at = program + 3 + *p;
      const u64 address = (u64)(uintptr_t)heap + at[0];
      at[0] = (u32)address, at[1] = (u32)(address >> 32);
    }
    for (u32 left = *p++; left > 0; left--, p += 2 + p[1]) memcpy(heap + p[0], p + 2, 4 * p[1]);
    run(heap, 0, heapBytes + SCRATCH_BYTES, 1, 1, heapBytes);
    u32 wrong = 0;
    for (u32 left = *p++; left > 0; left--, p += 2 + p[1]) {
      wrong += compare(heap, p, p[1], how);
      memcpy(heap + p[0], p + 2, 4 * p[1]); // errors do not add up over commands
    }
    if (wrong) printf("%s: %u numbers differ\n", name, wrong);
    if (wrong) failed++;
    else passed++;
  }
  printf("%u passed, %u failed\n", passed, failed);
  return failed > 0;
}
