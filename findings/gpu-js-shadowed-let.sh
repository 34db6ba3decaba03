#!/usr/bin/env bash
# gpu.js 2.24.1, modes `cpu` and `webasm`.
# One would expect: a `let` in an inner block is another variable than the outer one of the same name, as in JavaScript.
# Seen (29 November 2026): the WebAssembly mode writes both to one place, so the inner block overwrites the outer variable;
# the CPU mode keeps them apart. No error, no warning.
# Why it matters: a kernel that shadows a name in a branch which the test inputs never take is silently wrong afterwards.
# Exit code 0: still so. 1: it changed.
set -euo pipefail
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT && cd "$work"
cat > package.json <<'JSON'
{ "private": true, "type": "module", "overrides": { "gpu.js": { "webgpu": "npm:empty-npm-package@1.0.0", "gl": "npm:empty-npm-package@1.0.0" } } }
JSON
npm install --silent --no-fund --no-audit --ignore-scripts gpu.js@2.24.1
cat > run.mjs <<'JS'
import { GPU } from 'gpu.js';
const source = `function (a) {
  let v = 1;
  if (a[this.thread.x] < 0) {
    let v = 5;
    v += 1;
  }
  return v;
}`;
for (const mode of ['cpu', 'webasm']) {
  const kernel = new GPU({ mode }).createKernel(source, { output: [2] });
  console.log(mode, Array.from(await kernel([-1, 1])).join(' '));
}
JS
node run.mjs | tee seen
diff seen - <<'SEEN'
cpu 1 1
webasm 6 1
SEEN
