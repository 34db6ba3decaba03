import type { QuickJSContext, QuickJSHandle } from 'quickjs-emscripten';
import type { CodeException } from '../sandbox.ts';
import type { RunRequest, TestReport, WorkerMessage } from '../workerMessages.ts';
import { javascriptPrelude } from './javascriptPrelude.ts';
import type { JavascriptRealm } from './javascriptRealms.ts';
import {
  importedSource,
  type JavascriptSource,
  looksLikeModule,
  moduleSource,
  plainSource,
  type SourceParts,
  scriptSource,
  testBlock,
} from './javascriptSource.ts';
import { programLine } from './programLine.ts';

type Send = (message: WorkerMessage) => void;

/** File name of the program in stacks: see `programLine`. */
const PROGRAM = 'program.js';

/** The program ran out of memory: the run ends. */
const OUT_OF_MEMORY = Symbol('out of memory');

/** Runs a program once per test, each time in a new realm, and says how it went. */
export async function runJavascript(
  request: RunRequest,
  newRealm: () => Promise<JavascriptRealm>,
  send: Send,
): Promise<void> {
  for (const input of request.inputs) {
    const realm = await newRealm();
    const prelude = javascriptPrelude(request.code + (request.mode === 'assert' ? input : ''));
    const tools = runPrelude(realm.context, { prelude, outputBytes: request.outputBytes }, send);
    send({ kind: 'started' });
    const report = runTest(realm, tools, { request, input });
    if (report === OUT_OF_MEMORY) return send({ kind: 'memory' });
    send({ kind: 'tested', ...report });
  }
  send({ kind: 'finished', reusable: true });
}

type ToolName = 'call' | 'describe' | 'tick' | 'read' | 'scope' | 'close' | 'namesOf' | 'exitCode';
type Tools = Record<ToolName, QuickJSHandle>;

function runPrelude(
  context: QuickJSContext,
  { prelude, outputBytes }: { prelude: string; outputBytes: number },
  send: Send,
): Tools {
  const write = context.newFunction('write', (stream, json) => {
    const text: unknown = JSON.parse(context.getString(json));
    const name = context.getString(stream) === 'stderr' ? 'stderr' : 'stdout';
    if (typeof text === 'string') send({ kind: 'output', stream: name, text });
  });
  const start = context.unwrapResult(context.evalCode(prelude, 'prelude.js'));
  const made = context.unwrapResult(
    context.callFunction(start, context.undefined, write, context.newNumber(outputBytes)),
  );
  const tool = (name: ToolName): QuickJSHandle => context.getProp(made, name);
  return {
    call: tool('call'),
    describe: tool('describe'),
    tick: tool('tick'),
    read: tool('read'),
    scope: tool('scope'),
    close: tool('close'),
    namesOf: tool('namesOf'),
    exitCode: tool('exitCode'),
  };
}

/** What a step of a test came to: a value or what was thrown, inside the realm. */
type Step = { value: QuickJSHandle; error?: undefined } | { error: QuickJSHandle };

/** A promise that is still open when nothing is left to do. */
const UNSETTLED = Symbol('unsettled');

function runTest(
  realm: JavascriptRealm,
  tools: Tools,
  { request, input }: { request: RunRequest; input: string },
): TestReport | typeof OUT_OF_MEMORY {
  const { context } = realm;
  try {
    const test = request.mode === 'assert' ? compileTest(realm, tools, input) : SCRIPT;
    if (test.fault !== undefined) return { result: null, exception: null, unsound: test.fault };
    const isModule = test.type === 'module';
    const step = runSteps(realm, tools, { ...request, input, isModule });
    const code = exitCode(realm, tools);
    const isWhole = request.mode === 'stdio' || request.mode === 'script'; // as in Node: it just ends
    if (code === 0 && isWhole) return { result: null, exception: null };
    if (code >= 0) {
      return {
        result: null,
        exception: { name: null, message: `process.exit(${code})`, line: null },
      };
    }
    if (step === UNSETTLED) {
      if (realm.isFull()) return OUT_OF_MEMORY; // there was none left even to reject it
      return { result: null, exception: isWhole ? null : unsettledPromise(request) };
    }
    if (step.error !== undefined) {
      return describeThrown(realm, tools, { ...request, thrown: step.error });
    }
    if (request.mode !== 'function') return { result: null, exception: null };
    const told: [string | null, string | null] = JSON.parse(context.getString(step.value));
    return { result: told[0], shown: told[1] ?? undefined, exception: null };
  } catch (error) {
    // the engine's own stack was shorter than the interpreter's limit, as it is in browsers
    if (!/call stack|recursion/.test(String(error))) throw error;
    return { result: null, exception: tooDeep(null) };
  }
}

const SCRIPT = { type: 'global', fault: undefined } as const;

/** The test alone has to be JavaScript, whatever the program; only as a module if it waits for promises. */
function compileTest(
  { context }: JavascriptRealm,
  tools: Tools,
  code: string,
): typeof SCRIPT | { type: 'module'; fault: undefined } | { fault: string } {
  const compile = (type: JavascriptSource['type']): QuickJSHandle | undefined =>
    context.evalCode(testBlock(code), 'test.js', { type, compileOnly: true }).error;
  const error = compile('global');
  if (error === undefined) return SCRIPT;
  if (/\bawait\b/.test(code) && compile('module') === undefined)
    return { ...SCRIPT, type: 'module' };
  const described = context.callFunction(tools.describe, context.undefined, error);
  const told: unknown[] = described.error ? [] : JSON.parse(context.getString(described.value));
  return { fault: `is no JavaScript: ${told[1] ?? 'it cannot be compiled'}` };
}

function runSteps(
  realm: JavascriptRealm,
  tools: Tools,
  { mode, code, entry, input, isModule }: RunRequest & { input: string; isModule: boolean },
): Step | typeof UNSETTLED {
  const { context } = realm;
  const isWhole = mode === 'stdio' || mode === 'script';
  if (isWhole) {
    const json = context.newString(JSON.stringify(input));
    const text = context.callFunction(tools.read, context.undefined, json);
    context.setProp(context.global, 'input', context.unwrapResult(text));
  }
  const names = entry.replace(/^new /, '').replaceAll('()', '').split('.');
  const secret = secretName();
  const last = {
    assert: testBlock(input),
    function: `const ${secret}_=${secret}.hand({entry:()=>${names[0]},solution:()=>Solution});`,
    stdio: '',
    script: '',
  }[mode];
  const step = evaluate(realm, tools, { code, secret, last, isModule });
  const program = settle(realm, tools, { step, untilQuiet: isWhole });
  if (mode !== 'function' || program === UNSETTLED || program.error !== undefined) return program;
  context.unwrapResult(context.callFunction(tools.close, context.undefined, program.value));
  const texts = [entry, input, JSON.stringify(names)].map((text) => context.newString(text));
  const called = context.callFunction(tools.call, context.undefined, ...texts);
  return settle(realm, tools, { step: called, untilQuiet: false });
}

/** Of 64 bits: a program that knew it could hand over another scope. */
function secretName(): string {
  const words = crypto.getRandomValues(new Uint32Array(2));
  return `$${words[0]!.toString(36)}${words[1]!.toString(36)}`; // two words, as asked for
}

/**
 * Evaluates a program with what follows it in its scope. The program has to be complete by itself: one that leaves a
 * block or a comment open would swallow the test behind it.
 */
function evaluate(realm: JavascriptRealm, tools: Tools, parts: SourceParts): Step {
  const { context, runtime } = realm;
  const { code, secret } = parts;
  runtime.setModuleLoader((name) => {
    if (name === secret) context.setProp(context.global, secret, tools.scope);
    const names = name === secret ? [] : moduleNames(realm, tools, name);
    return Array.isArray(names) ? importedSource(name, { secret, names }) : names;
  });
  context.setProp(context.global, secret, tools.scope);
  const compile = ({ text, type }: JavascriptSource): Step =>
    context.evalCode(text, PROGRAM, { type, compileOnly: true });
  const run = ({ text, type }: JavascriptSource): Step => context.evalCode(text, PROGRAM, { type });

  const alone = compile(plainSource({ ...parts, last: '' }));
  if (alone.error === undefined && !parts.isModule) {
    const inBlock = scriptSource(parts);
    return run(compile(inBlock).error === undefined ? inBlock : plainSource(parts));
  }
  const asModule =
    parts.isModule || looksLikeModule(code)
      ? compile(moduleSource({ ...parts, last: '' }))
      : { error: alone.error };
  if (asModule.error === undefined) return run(moduleSource(parts));
  const isScript = alone.error !== undefined && !/^\s*(?:import|export)\b/m.test(code);
  return { error: isScript ? alone.error : asModule.error };
}

/** Names that a module of the prelude exports, or the error that there is none. */
function moduleNames(
  { context }: JavascriptRealm,
  tools: Tools,
  name: string,
): string[] | { error: Error } {
  const names = context.callFunction(tools.namesOf, context.undefined, context.newString(name));
  if (names.error) return { error: new Error(`Cannot find module '${name}'`) };
  return context.getString(names.value).split(',');
}

/** Of `process.exit`, which nothing that the program catches undoes; -1 before it. */
function exitCode({ context }: JavascriptRealm, tools: Tools): number {
  return context.getNumber(
    context.unwrapResult(context.callFunction(tools.exitCode, context.undefined)),
  );
}

/**
 * Runs the jobs and timers that a step left, until its promise is settled or, with `untilQuiet`, until none
 * is left. A rejected promise is an exception: nobody else will see it.
 */
function settle(
  realm: JavascriptRealm,
  tools: Tools,
  { step, untilQuiet }: { step: Step; untilQuiet: boolean },
): Step | typeof UNSETTLED {
  const { context, runtime } = realm;
  if (step.error !== undefined) return step;
  for (;;) {
    const jobs = runtime.executePendingJobs();
    if (jobs.error) return { error: jobs.error };
    const state = context.getPromiseState(step.value);
    if (state.type === 'rejected') return { error: state.error };
    if (state.type === 'fulfilled' && !untilQuiet) return { value: state.value };
    if (exitCode(realm, tools) >= 0) return { value: step.value };
    const ticked = context.callFunction(tools.tick, context.undefined);
    if (ticked.error) return { error: ticked.error };
    if (context.dump(ticked.value) !== true) {
      return state.type === 'pending' ? UNSETTLED : { value: state.value };
    }
  }
}

/**
 * Reads a thrown value inside the realm, with its memory's reserve. An interpreter without memory for its
 * error throws `null`, or an error that cannot be read.
 */
function describeThrown(
  realm: JavascriptRealm,
  tools: Tools,
  { thrown, mode, code }: { thrown: QuickJSHandle } & Pick<RunRequest, 'mode' | 'code'>,
): TestReport | typeof OUT_OF_MEMORY {
  const { context, runtime, isFull } = realm;
  runtime.setMemoryLimit(-1);
  const described = context.callFunction(tools.describe, context.undefined, thrown);
  const told: [string | null, string, string, string[]] = described.error
    ? [null, 'an error that cannot be read', '', []]
    : JSON.parse(context.getString(described.value));
  const [name, message, stack, constructors] = told;
  if (name === null && isFull()) return OUT_OF_MEMORY;
  if (name === 'InternalError' && message === 'out of memory') return OUT_OF_MEMORY;
  const line = programLine(stack, { code, constructors });
  const isDeep = name === 'InternalError' && message === 'stack overflow';
  const exception = isDeep ? tooDeep(line) : { name, message, line };
  return { result: null, exception, ...(mode === 'assert' && line === null && { isTests: true }) };
}

/** What every JavaScript programmer knows it as, whichever stack was too short. */
function tooDeep(line: number | null): CodeException {
  return { name: 'RangeError', message: 'Maximum call stack size exceeded', line };
}

function unsettledPromise({ mode, entry }: RunRequest): CodeException {
  const what = mode === 'function' ? `${entry} returned` : 'the test left';
  return { name: null, message: `the promise that ${what} is never settled`, line: null };
}
