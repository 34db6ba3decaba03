// Fork-join over one heap: the caller replays a list of commands, workers help with commands of several chunks.
//
// ticket = epoch << 32 | chunks not yet taken. A chunk is taken by compare-and-swap of the whole ticket, and only then
// are the command's fields read: while a taken chunk is unfinished the caller cannot go on, so they are stable. A worker
// that slept through several commands either fails the swap or takes a chunk of the command that is current now.
// The caller waits only for chunks that a worker has taken (done), never for a worker that is late or absent.
//
// Besides there is a queue, which JavaScript fills and does not wait for: one thread at a time leads, that is, plays its
// commands in order as a caller does, and the others help. When JavaScript wants to see the heap it drains the queue, and leads
// itself if nobody does.
#include "kernel.h"

typedef void (*Kernel)(u8 *heap, const u32 *d, u32 chunk, u8 *scratch);
extern const Kernel kernels[];

typedef struct {
  u64 ticket;   // 0  high half = epoch: JavaScript parks on it with Atomics.wait
  u32 total;    // 8  chunks of the current command
  u32 kernel;   // 12
  u32 words;    // 16 heap offset of its descriptor
  u32 gap0[11];
  u32 done;     // 64 chunks finished by anyone
  u32 gap1[15];
  u32 busy;     // 128 a program is running: workers spin on, they do not park
  u32 quit;     // 132 workers return for good
  u32 parked;   // 136 workers that sleep in Atomics.wait (JavaScript counts)
  u32 gone;     // 140 workers that have returned for good (JavaScript counts)
  u32 awake;    // 144 the caller must not sleep: it is the main thread of a page (WebAssembly)
  u32 gap2[11];
  u32 queued;   // 192 commands that were put into the queue so far, modulo 2^32
  u32 gap3[15];
  u32 executed; // 256 of them done; equal to `queued`: nobody touches the queue, and `next` is JavaScript's
  u32 next;     // 260 heap offset of the first command that is not done
  u32 leader;   // 264 somebody leads
} Control;

// On a crowded machine the thread that we wait for may need this core.
#if defined(__wasm__)
static void yield_core(Control *c) { // nobody notifies `quit` while it is 0: this sleeps for its 20 microseconds
  if (!c->awake) __builtin_wasm_memory_atomic_wait32((int *)&c->quit, 0, 20000);
}
#elif defined(__linux__) && defined(__x86_64__)
static void yield_core(Control *c) {
  (void)c;
  long r; // sched_yield
  __asm__ volatile("syscall" : "=a"(r) : "a"(24L) : "rcx", "r11", "memory");
}
#elif defined(__linux__) && defined(__aarch64__)
static void yield_core(Control *c) {
  (void)c;
  register long n __asm__("x8") = 124; // sched_yield
  register long r __asm__("x0");
  __asm__ volatile("svc 0" : "=r"(r) : "r"(n) : "memory");
}
#else
static void yield_core(Control *c) { (void)c; }
#endif

// Rounds between two yields: about 20 microseconds.
#if defined(__wasm__)
#define PATIENCE 16384u
#else
#define PATIENCE 1024u
#endif
INLINE void relax(Control *c, u32 spins) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
  if (spins % PATIENCE == PATIENCE - 1) yield_core(c);
}

// Takes and computes chunks until none is left to take.
static void work(u8 *heap, Control *c, u8 *scratch) {
  u64 ticket = __atomic_load_n(&c->ticket, __ATOMIC_SEQ_CST);
  while ((u32)ticket) {
    if (!__atomic_compare_exchange_n(&c->ticket, &ticket, ticket - 1, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) continue;
    u32 chunk = c->total - (u32)ticket;
    kernels[c->kernel](heap, (const u32 *)(heap + c->words), chunk, scratch);
    __atomic_fetch_add(&c->done, 1, __ATOMIC_SEQ_CST);
    ticket = __atomic_load_n(&c->ticket, __ATOMIC_SEQ_CST);
  }
}

// Plays the command [kernel, chunks, nWords, words...] with whoever helps; returns the next one.
static const u32 *play(u8 *heap, Control *c, const u32 *p, u32 threads, u8 *scratch) {
  u32 kernel = p[0], chunks = p[1];
  const u32 *d = p + 3;
  if (threads == 1 || chunks == 1) {
    for (u32 chunk = 0; chunk < chunks; chunk++) kernels[kernel](heap, d, chunk, scratch);
    return d + p[2];
  }
  c->total = chunks;
  c->kernel = kernel;
  c->words = (u32)((const u8 *)d - heap);
  __atomic_store_n(&c->done, 0, __ATOMIC_SEQ_CST);
  u64 epoch = (__atomic_load_n(&c->ticket, __ATOMIC_SEQ_CST) >> 32) + 1;
  __atomic_store_n(&c->ticket, epoch << 32 | chunks, __ATOMIC_SEQ_CST);
  work(heap, c, scratch);
  for (u32 spins = 0; __atomic_load_n(&c->done, __ATOMIC_SEQ_CST) != chunks; spins++) relax(c, spins);
  return d + p[2];
}

// program: `count` commands, one behind the other
EXPORT_AS("run_program")
void run_program(u8 *heap, u32 control, u32 program, u32 count, u32 threads, u32 scratch) {
  const u32 *p = (const u32 *)(heap + program);
  for (u32 i = 0; i < count; i++) p = play(heap, (Control *)(heap + control), p, threads, heap + scratch);
}

INLINE u32 isQueueEmpty(Control *c) {
  return __atomic_load_n(&c->executed, __ATOMIC_SEQ_CST) == __atomic_load_n(&c->queued, __ATOMIC_SEQ_CST);
}

// Plays the queue to its end, unless somebody else does; a worker leaves it when the pool is closed.
static void lead(u8 *heap, Control *c, u8 *scratch, u32 isWorker) {
  u32 nobody = 0;
  if (!__atomic_compare_exchange_n(&c->leader, &nobody, 1, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) return;
  while (!isQueueEmpty(c) && !(isWorker && __atomic_load_n(&c->quit, __ATOMIC_SEQ_CST))) {
    // read anew each time: JavaScript begins at the front again when all is done
    const u32 *after = play(heap, c, (const u32 *)(heap + __atomic_load_n(&c->next, __ATOMIC_SEQ_CST)), 2, scratch);
    __atomic_store_n(&c->next, (u32)((const u8 *)after - heap), __ATOMIC_SEQ_CST);
    __atomic_fetch_add(&c->executed, 1, __ATOMIC_SEQ_CST);
  }
  __atomic_store_n(&c->leader, 0, __ATOMIC_SEQ_CST);
}

// Returns when every command of the queue is done.
EXPORT_AS("drain_queue")
void drain_queue(u8 *heap, u32 control, u32 scratch) {
  Control *c = (Control *)(heap + control);
  for (u32 spins = 0; !isQueueEmpty(c); spins++) {
    lead(heap, c, heap + scratch, 0);
    work(heap, c, heap + scratch);
    relax(c, spins);
  }
}

// Helps until nothing came for `spins` rounds (returns 0: park) or the pool is closed (returns 1).
EXPORT_AS("worker_loop")
u32 worker_loop(u8 *heap, u32 control, u32 spins, u32 scratch) {
  Control *c = (Control *)(heap + control);
  for (u32 idle = 0; idle < spins; idle++) {
    if (__atomic_load_n(&c->quit, __ATOMIC_SEQ_CST)) return 1;
    if ((u32)__atomic_load_n(&c->ticket, __ATOMIC_SEQ_CST)) {
      work(heap, c, heap + scratch);
      idle = 0;
    }
    if (!isQueueEmpty(c)) {
      lead(heap, c, heap + scratch, 1);
      idle = 0;
    }
    relax(c, idle);
    if (idle + 1 == spins && __atomic_load_n(&c->busy, __ATOMIC_SEQ_CST)) idle = 0;
  }
  return 0;
}

// Asks Linux for huge pages under heap[from, to): thousands of small ones do not fit the address cache of the processor.
EXPORT_AS("use_huge_pages")
void use_huge_pages(u8 *heap, u32 from, u32 to) {
  const uintptr_t huge = 2u << 20; // MADV_HUGEPAGE = 14; where it is refused, nothing is lost
  uintptr_t start = ((uintptr_t)heap + from + huge - 1) & ~(huge - 1), end = ((uintptr_t)heap + to) & ~(huge - 1);
  if (start >= end) return;
#if !defined(__wasm__) && defined(__linux__) && defined(__x86_64__)
  long r;
  __asm__ volatile("syscall" : "=a"(r) : "a"(28L), "D"(start), "S"(end - start), "d"(14L) : "rcx", "r11", "memory");
#elif !defined(__wasm__) && defined(__linux__) && defined(__aarch64__)
  register long n __asm__("x8") = 233;
  register long a __asm__("x0") = (long)start;
  register long b __asm__("x1") = (long)(end - start);
  register long c __asm__("x2") = 14;
  __asm__ volatile("svc 0" : "+r"(a) : "r"(n), "r"(b), "r"(c) : "memory");
#endif
}

// Which x86-64 level (v4, v3) the processor and the operating system support: 4, 3 or 1; 0 elsewhere. The levels' feature lists
// are the psABI's. No vector code in here: it runs before anything is known.
#if defined(__x86_64__)
typedef struct {
  u32 a, b, c, d;
} Leaf;
INLINE Leaf cpuid(u32 leaf) {
  Leaf r;
  __asm__ volatile("cpuid" : "=a"(r.a), "=b"(r.b), "=c"(r.c), "=d"(r.d) : "a"(leaf), "c"(0));
  return r;
}
#define HAS(word, mask) (((word) & (mask)) == (mask))
// leaf 1, ecx: SSE3, SSSE3, FMA, CX16, SSE4.1, SSE4.2, MOVBE, POPCNT, OSXSAVE, AVX, F16C
#define LEVEL3_BASE (1u << 0 | 1u << 9 | 1u << 12 | 1u << 13 | 1u << 19 | 1u << 20 | 1u << 22 | 1u << 23 | 1u << 27 | 1u << 28 | 1u << 29)
#define LEVEL3_MORE (1u << 3 | 1u << 5 | 1u << 8)                            // leaf 7, ebx: BMI1, AVX2, BMI2
#define LEVEL4_MORE (1u << 16 | 1u << 17 | 1u << 28 | 1u << 30 | 1u << 31)   // leaf 7, ebx: AVX512 F, DQ, CD, BW, VL
#define LZCNT (1u << 5)                                                      // leaf 0x80000001, ecx
#define STATE_256 0x06u // the system keeps 256-bit registers, 512-bit registers and masks over a switch of tasks
#define STATE_512 0xe6u
#endif
#if defined(__x86_64__)
__attribute__((target("arch=x86-64")))
#endif
EXPORT_AS("cpu_level") u32 cpu_level(void) {
#if defined(__x86_64__)
  if (cpuid(0).a < 7 || cpuid(0x80000000u).a < 0x80000001u) return 1;
  if (!HAS(cpuid(1).c, LEVEL3_BASE) || !HAS(cpuid(0x80000001u).c, LZCNT)) return 1;
  u32 state, high;
  __asm__ volatile("xgetbv" : "=a"(state), "=d"(high) : "c"(0));
  const u32 more = cpuid(7).b;
  if (!HAS(state, STATE_256) || !HAS(more, LEVEL3_MORE)) return 1;
  return HAS(state, STATE_512) && HAS(more, LEVEL4_MORE) ? 4 : 3;
#else
  return 0;
#endif
}

// The compiler may call these for copies and fills; there is no libc to take them from.
#if !defined(__wasm__)
__attribute__((no_builtin, used)) void *memset(void *p, int value, size_t n) {
  u8 *d = p;
  for (size_t i = 0; i < n; i++) d[i] = (u8)value;
  return p;
}
__attribute__((no_builtin, used)) void *memcpy(void *restrict to, const void *restrict from, size_t n) {
  u8 *d = to;
  const u8 *s = from;
  for (size_t i = 0; i < n; i++) d[i] = s[i];
  return to;
}
__attribute__((no_builtin, used)) void *memmove(void *to, const void *from, size_t n) {
  u8 *d = to;
  const u8 *s = from;
  if (d < s)
    for (size_t i = 0; i < n; i++) d[i] = s[i];
  else
    for (size_t i = n; i-- > 0;) d[i] = s[i];
  return to;
}
#endif
