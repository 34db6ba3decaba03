// Written by programTexts.test.ts from programs/*.js, whole because it is data. Do not edit.

type ProgramName = 'poolWorker';

/** What threads of the pool run, as text: so it needs no loader, wherever the package is built or run. */
export const programTexts: Record<ProgramName, string> = {
  poolWorker: `function poolWorker(data, require) {
const { library, memory, words } = data;
const control = new Int32Array(memory.buffer, data.control, data.controlBytes / 4);
const enter = library.kind === 'native' ? native(library) : wasm(library);
data.started.postMessage('ready');
data.started.close();
for (;;) {
const epoch = Atomics.load(control, words.epoch);
if (enter()) break;
Atomics.add(control, words.parked, 1);
const waits = !Atomics.load(control, words.busy) && !Atomics.load(control, words.quit);
if (waits) Atomics.wait(control, words.epoch, epoch);
Atomics.sub(control, words.parked, 1);
}
Atomics.add(control, words.gone, 1);
Atomics.notify(control, words.gone);

function native({ koffi, file, base }) {
const loop = require(koffi)
.load(file)
.func(
'uint32_t worker_loop(uint64_t heap, uint32_t control, uint32_t spins, uint32_t scratch)',
);
return () => loop(base, data.control, data.spins, data.scratch);
}

function wasm({ module }) {
const env = { memory };
const { exports } = new WebAssembly.Instance(module, { env });
exports.__stack_pointer.value = data.stack;
return () => exports.worker_loop(0, data.control, data.spins, data.scratch);
}
}`,
};
