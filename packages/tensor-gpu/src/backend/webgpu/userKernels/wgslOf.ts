import type {
  AnyNode,
  BlockStatement,
  CallExpression,
  Expression,
  ForStatement,
  MemberExpression,
  Statement,
  VariableDeclaration,
} from 'acorn';
import type { UserFunction } from '../../userKernel.ts';
import { MATH_NUMBERS, mathFunction } from './wgslMath.ts';

/** WGSL's type of a value. Whole numbers stay so in places, loop counters and what is added to them; all else is f32. */
type ValueType = 'f32' | 'i32' | 'bool';

interface Value {
  code: string;
  type: ValueType;
}

/** What a name stands for. */
interface Variable extends Value {
  isMutable: boolean;
}

/** Of a kernel: which parameters are numbers or rows, and how a number of a row is read. */
export interface WgslContext {
  /** By parameter: a value, or the name of the function that reads a row's number. */
  parameters: readonly ({ value: Value } | { read: string })[];
  /** Throws an error that names the function. */
  refuse(what: string): never;
}

/** Factors up to which a product of whole numbers stays whole: no overflow for any tensor there is. */
const SMALL_FACTOR = 16;

/**
 * The text of a WGSL function `kernel` that computes what the JavaScript function computes, in float32: `SEMANTICS` has
 * what it calls. Its parameters are variables of the caller's text.
 *
 * @returns the function's statements, and the functions of `Math` that they call.
 */
export function wgslOf(
  { parameters, body }: UserFunction,
  context: WgslContext,
): { body: string; functions: string } {
  return new Emitter(context, body).run(parameters);
}

class Emitter {
  readonly #context: WgslContext;
  readonly #body: BlockStatement;
  readonly #assigned: ReadonlySet<string>;
  readonly #functions = new Map<string, string>();
  readonly #scopes: Map<string, Variable>[] = [new Map()];
  readonly #rows = new Map<string, string>();
  #names = 0;

  constructor(context: WgslContext, body: BlockStatement) {
    this.#context = context;
    this.#body = body;
    this.#assigned = new Set(assignedIn(body));
  }

  run(parameters: readonly string[]): { body: string; functions: string } {
    const before: string[] = [];
    for (const [k, parameter] of parameters.entries()) {
      const given = this.#context.parameters[k]!; // counted when the kernel was defined
      if ('read' in given) this.#rows.set(parameter, given.read);
      else if (!this.#assigned.has(parameter))
        this.#scopes[0]!.set(parameter, { ...given.value, isMutable: false });
      else before.push(this.#declare(parameter, as(given.value, 'f32'), true));
    }
    for (const name of varsIn(this.#body))
      if (this.#find(name) === undefined)
        before.push(this.#declare(name, { code: 'nan()', type: 'f32' }, true));
    const body = this.#block(this.#body.body);
    const end = alwaysReturns(this.#body) ? '' : 'return nan();';
    return {
      body: `${before.join('\n')}\n${body}\n${end}`,
      functions: [...this.#functions.values()].join('\n'),
    };
  }

  #refuse(what: string): never {
    return this.#context.refuse(what);
  }

  #find(name: string): Variable | undefined {
    return this.#scopes.findLast((scope) => scope.has(name))?.get(name);
  }

  /** A new variable of the innermost scope. */
  #declare(name: string, { code, type }: Value, isMutable: boolean): string {
    const own = `v${this.#names++}`;
    this.#scopes.at(-1)!.set(name, { code: own, type, isMutable });
    return isMutable ? `var ${own}: ${type} = ${code};` : `let ${own}: ${type} = ${code};`;
  }

  #block(statements: readonly AnyNode[]): string {
    this.#scopes.push(new Map());
    const text = statements.map((statement) => this.#statement(statement as Statement)).join('\n'); // of a block
    this.#scopes.pop();
    return text;
  }

  #statement(node: Statement): string {
    switch (node.type) {
      case 'BlockStatement':
        return `{ ${this.#block(node.body)} }`;
      case 'EmptyStatement':
        return '';
      case 'VariableDeclaration':
        return this.#declarations(node);
      case 'ExpressionStatement':
        return this.#effect(node.expression);
      case 'ReturnStatement':
        return `return ${node.argument ? this.#as(node.argument, 'f32') : 'nan()'};`;
      case 'IfStatement': {
        const otherwise = node.alternate ? ` else { ${this.#block([node.alternate])} }` : '';
        return `if (${this.#as(node.test, 'bool')}) { ${this.#block([node.consequent])} }${otherwise}`;
      }
      case 'ForStatement':
        return this.#for(node);
      case 'WhileStatement':
        return `loop { if (!(${this.#as(node.test, 'bool')})) { break; } ${this.#block([node.body])} }`;
      case 'DoWhileStatement':
        return `loop { ${this.#block([node.body])} continuing { break if !(${this.#as(node.test, 'bool')}); } }`;
      case 'BreakStatement':
      case 'ContinueStatement':
        if (node.label) return this.#refuse(`a label ('${node.label.name}')`);
        return node.type === 'BreakStatement' ? 'break;' : 'continue;';
      default:
        return this.#refuse(`a ${wordsOf(node.type)}`);
    }
  }

  #declarations({ kind, declarations }: VariableDeclaration): string {
    const lines = declarations.map(({ id, init }) => {
      if (id.type !== 'Identifier') return this.#refuse('a pattern instead of a name');
      if (kind === 'var') return init ? this.#assign(id.name, this.#value(init)) : '';
      const value = init ? this.#value(init) : { code: 'nan()', type: 'f32' as const };
      const isMutable = kind === 'let' && this.#assigned.has(id.name);
      const isNumber = value.type !== 'bool';
      return this.#declare(id.name, isMutable && isNumber ? as(value, 'f32') : value, isMutable);
    });
    return lines.join('\n');
  }

  #for(node: ForStatement): string {
    const { init, test, update, body } = node;
    this.#scopes.push(new Map());
    const counter = this.#counter(node);
    let begin = '';
    if (counter) begin = this.#declare(counter.name, counter.from, true);
    else if (init?.type === 'VariableDeclaration') begin = this.#declarations(init);
    else if (init) begin = this.#effect(init);
    const check = test ? `if (!(${this.#as(test, 'bool')})) { break; }` : '';
    const inner = this.#block([body]);
    const step = update ? this.#effect(update) : '';
    this.#scopes.pop();
    return `{ ${begin} loop { ${check} ${inner} continuing { ${step} } } }`;
  }

  /** A counter that is whole throughout: it starts so and only the loop itself moves it, by whole steps. */
  #counter({ init, update, body }: ForStatement): { name: string; from: Value } | undefined {
    if (init?.type !== 'VariableDeclaration' || init.kind !== 'let') return undefined;
    const [declared, ...more] = init.declarations;
    if (declared?.id.type !== 'Identifier' || !declared.init || more.length > 0) return undefined;
    const { name } = declared.id;
    if (!update || !movesByWhole(update, name) || assignedIn(body).includes(name)) return undefined;
    const from = this.#value(declared.init);
    return from.type === 'i32' ? { name, from } : undefined;
  }

  /** An expression as a statement. */
  #effect(node: Expression): string {
    switch (node.type) {
      case 'AssignmentExpression': {
        if (node.left.type !== 'Identifier') return this.#refuse('an assignment to a place');
        const operator = node.operator.slice(0, -1);
        const right = this.#value(node.right);
        if (operator === '') return this.#assign(node.left.name, right);
        if (['&&', '||', '??'].includes(operator)) return this.#refuse(`'${node.operator}'`);
        return this.#assign(node.left.name, this.#binary(operator, this.#value(node.left), right));
      }
      case 'UpdateExpression':
        if (node.argument.type !== 'Identifier') return this.#refuse('an assignment to a place');
        return this.#assign(
          node.argument.name,
          this.#binary(node.operator[0]!, this.#value(node.argument), { code: '1', type: 'i32' }),
        );
      case 'SequenceExpression':
        return node.expressions.map((one) => this.#effect(one)).join(' ');
      case 'LogicalExpression': {
        if (node.operator === '??') return this.#refuse("'??'");
        const test = this.#as(node.left, 'bool');
        return `if (${node.operator === '&&' ? test : `!(${test})`}) { ${this.#effect(node.right)} }`;
      }
      case 'ConditionalExpression':
        return `if (${this.#as(node.test, 'bool')}) { ${this.#effect(node.consequent)} } else { ${this.#effect(node.alternate)} }`;
      case 'ParenthesizedExpression':
        return this.#effect(node.expression);
      default:
        return `_ = ${this.#value(node).code};`;
    }
  }

  #assign(name: string, value: Value): string {
    const variable = this.#find(name);
    if (variable === undefined)
      return this.#refuse(`an assignment to '${name}', which it does not declare`);
    if (!variable.isMutable) return this.#refuse(`an assignment to the constant '${name}'`);
    if ((variable.type === 'bool') !== (value.type === 'bool'))
      return this.#refuse(`a variable '${name}' that is a number and a truth value in turn`);
    return `${variable.code} = ${as(value, variable.type).code};`;
  }

  #as(node: Expression, type: ValueType): string {
    return as(this.#value(node), type).code;
  }

  #value(node: AnyNode): Value {
    switch (node.type) {
      case 'Literal':
        if (typeof node.value === 'boolean') return { code: String(node.value), type: 'bool' };
        if (typeof node.value === 'number') return numberOf(node.value);
        return this.#refuse(`the value ${node.raw}`);
      case 'Identifier':
        return this.#named(node.name);
      case 'ParenthesizedExpression':
        return this.#value(node.expression);
      case 'UnaryExpression':
        return this.#unary(node.operator, this.#value(node.argument));
      case 'BinaryExpression':
        if (node.left.type === 'PrivateIdentifier') return this.#refuse('a private name');
        return this.#binary(node.operator, this.#value(node.left), this.#value(node.right));
      case 'LogicalExpression':
        return this.#logical(node.operator, this.#value(node.left), this.#value(node.right));
      case 'ConditionalExpression':
        return chosen(
          this.#as(node.test, 'bool'),
          this.#value(node.consequent),
          this.#value(node.alternate),
        );
      case 'CallExpression':
        return this.#call(node);
      case 'MemberExpression':
        return this.#member(node);
      case 'AssignmentExpression':
      case 'UpdateExpression':
        return this.#refuse('an assignment inside an expression');
      default:
        return this.#refuse(`a ${wordsOf(node.type)}`);
    }
  }

  #named(name: string): Value {
    const variable = this.#find(name);
    if (variable) return variable;
    if (this.#rows.has(name)) return this.#refuse(`'${name}' as a whole: read ${name}[row][i]`);
    if (name === 'NaN') return { code: 'nan()', type: 'f32' };
    if (name === 'Infinity') return { code: 'infinity()', type: 'f32' };
    return this.#refuse(`'${name}', which is not one of its parameters or variables`);
  }

  #unary(operator: string, value: Value): Value {
    if (operator === '!') return { code: `!(${as(value, 'bool').code})`, type: 'bool' };
    const number = value.type === 'bool' ? as(value, 'f32') : value;
    if (operator === '+') return number;
    if (operator === '-') return { code: `(-${number.code})`, type: number.type };
    return this.#refuse(`'${operator}'`);
  }

  #binary(operator: string, left: Value, right: Value): Value {
    if (operator in COMPARISONS) return this.#compared(operator, left, right);
    const areWhole = left.type === 'i32' && right.type === 'i32';
    const staysWhole =
      areWhole &&
      (operator === '+' || operator === '-' || (operator === '*' && isSmall(left, right)));
    if (staysWhole) return { code: `(${left.code} ${operator} ${right.code})`, type: 'i32' };
    const [a, b] = [as(left, 'f32').code, as(right, 'f32').code];
    if (['+', '-', '*', '/'].includes(operator))
      return { code: `(${a} ${operator} ${b})`, type: 'f32' };
    if (operator === '%') return { code: `remainder(${a}, ${b})`, type: 'f32' };
    if (operator === '**') return { code: `power(${a}, ${b})`, type: 'f32' };
    return this.#refuse(`'${operator}'`);
  }

  #compared(operator: string, left: Value, right: Value): Value {
    const isTruth = left.type === 'bool';
    if (isTruth !== (right.type === 'bool'))
      return this.#refuse(`'${operator}' between a number and a truth value`);
    const plain = operator.replace('===', '==').replace('!==', '!=');
    if (left.type === right.type && left.type !== 'f32') {
      if (isTruth && !/^[!=]=$/.test(plain)) return this.#refuse(`'${operator}' of truth values`);
      return { code: `(${left.code} ${plain} ${right.code})`, type: 'bool' };
    }
    const compare = COMPARISONS[operator]!; // asked for before
    return { code: compare(as(left, 'f32').code, as(right, 'f32').code), type: 'bool' };
  }

  #logical(operator: string, left: Value, right: Value): Value {
    if (operator === '??') return this.#refuse("'??'");
    if (left.type === 'bool' && right.type === 'bool')
      return { code: `(${left.code} ${operator} ${right.code})`, type: 'bool' };
    const test = as(left, 'bool').code;
    return operator === '&&' ? chosen(test, right, left) : chosen(test, left, right);
  }

  #call({ callee, arguments: given }: CallExpression): Value {
    const name = calledName(callee);
    const values = given.map((argument) =>
      argument.type === 'SpreadElement' ? this.#refuse('...') : this.#as(argument, 'f32'),
    );
    const [a, b] = values;
    if (a === undefined) return this.#refuse(`${name ?? 'a call'}()`);
    if (name === 'isNaN') return { code: `isNan(${a})`, type: 'bool' };
    if (name === 'isFinite') return { code: `isFiniteNumber(${a})`, type: 'bool' };
    if (name === 'Math.max' || name === 'Math.min') {
      const fold = name === 'Math.max' ? 'largest' : 'smallest';
      return { code: values.reduce((so, next) => `${fold}(${so}, ${next})`), type: 'f32' };
    }
    if (name === 'Math.hypot')
      return { code: `sqrt(${values.map((v) => `power(${v}, 2)`).join(' + ')})`, type: 'f32' };
    if (b !== undefined) {
      if (name === 'Math.pow') return { code: `power(${a}, ${b})`, type: 'f32' };
      if (name === 'Math.atan2') return { code: `arcTangent2(${a}, ${b})`, type: 'f32' };
    }
    const own = name?.startsWith('Math.') ? mathFunction(name.slice('Math.'.length)) : undefined;
    if (own === undefined || values.length > 1)
      return this.#refuse(`a call of ${name ?? 'an expression'} with ${values.length} arguments`);
    this.#functions.set(own.name, own.text);
    return { code: `${own.name}(${a})`, type: 'f32' };
  }

  #member(node: MemberExpression): Value {
    const name = calledName(node);
    const number = name?.startsWith('Math.') ? MATH_NUMBERS[name.slice('Math.'.length)] : undefined;
    if (number !== undefined) return numberOf(number);
    const { object, property, computed } = node;
    const isRow = object.type === 'MemberExpression' && object.computed && computed;
    if (isRow && object.object.type === 'Identifier') {
      const read = this.#rows.get(object.object.name);
      if (read !== undefined)
        return {
          code: `${read}(${this.#as(object.property as Expression, 'i32')}, ${this.#as(property as Expression, 'i32')})`, // no private names
          type: 'f32',
        };
    }
    return this.#refuse(`${name ?? 'a place of something else'} (rows are read as x[row][i])`);
  }
}

/** What JavaScript's comparisons are for float32. */
const COMPARISONS: Record<string, (a: string, b: string) => string> = {
  '<': (a, b) => `isLess(${a}, ${b})`,
  '>': (a, b) => `isLess(${b}, ${a})`,
  '<=': (a, b) => `isAtMost(${a}, ${b})`,
  '>=': (a, b) => `isAtMost(${b}, ${a})`,
  '==': (a, b) => `isEqual(${a}, ${b})`,
  '===': (a, b) => `isEqual(${a}, ${b})`,
  '!=': (a, b) => `!isEqual(${a}, ${b})`,
  '!==': (a, b) => `!isEqual(${a}, ${b})`,
};

function as(value: Value, type: ValueType): Value {
  if (value.type === type) return value;
  const { code } = value;
  if (type === 'f32')
    return { code: value.type === 'bool' ? `select(0.0, 1.0, ${code})` : `f32(${code})`, type };
  if (type === 'bool')
    return { code: value.type === 'i32' ? `(${code} != 0)` : `isTrue(${code})`, type };
  return value.type === 'bool' ? as(as(value, 'f32'), type) : { code: `indexOf(${code})`, type };
}

/** Both are computed, which nobody sees: expressions have no effects. */
function chosen(test: string, yes: Value, no: Value): Value {
  const type = yes.type === no.type ? yes.type : 'f32';
  return { code: `select(${as(no, type).code}, ${as(yes, type).code}, ${test})`, type };
}

function numberOf(value: number): Value {
  if (Number.isInteger(value) && Math.abs(value) < 2 ** 24)
    return { code: String(value), type: 'i32' };
  const rounded = Math.fround(value);
  if (!Number.isFinite(rounded)) return { code: 'infinity()', type: 'f32' };
  return { code: `${rounded}f`, type: 'f32' };
}

/** Whether one of the factors is a small whole number and the other a plain name. */
function isSmall(left: Value, right: Value): boolean {
  const isFactor = ({ code }: Value) => /^\d+$/.test(code) && Number(code) <= SMALL_FACTOR;
  const isName = ({ code }: Value) => /^\w+$/.test(code);
  return (isFactor(left) && isName(right)) || (isFactor(right) && isName(left));
}

/** `Math.exp`, `isNaN`; `Number.isNaN` and `Number.isFinite` by their short names. */
function calledName(node: AnyNode): string | undefined {
  if (node.type === 'Identifier') return node.name;
  if (node.type !== 'MemberExpression' || node.computed) return undefined;
  const { object, property } = node;
  if (object.type !== 'Identifier' || property.type !== 'Identifier') return undefined;
  return object.name === 'Number' ? property.name : `${object.name}.${property.name}`;
}

function movesByWhole(update: Expression, name: string): boolean {
  if (update.type === 'UpdateExpression')
    return update.argument.type === 'Identifier' && update.argument.name === name;
  return (
    update.type === 'AssignmentExpression' &&
    (update.operator === '+=' || update.operator === '-=') &&
    update.left.type === 'Identifier' &&
    update.left.name === name &&
    update.right.type === 'Literal' &&
    Number.isInteger(update.right.value) &&
    Math.abs(update.right.value as number) < 2 ** 24 // whole, so a number
  );
}

/** Names that are assigned to somewhere. */
function assignedIn(node: AnyNode): string[] {
  const own: string[] = [];
  if (node.type === 'AssignmentExpression' && node.left.type === 'Identifier')
    own.push(node.left.name);
  if (node.type === 'UpdateExpression' && node.argument.type === 'Identifier')
    own.push(node.argument.name);
  return [...own, ...children(node).flatMap(assignedIn)];
}

/** Names that `var` declares, however deep. */
function varsIn(node: AnyNode): string[] {
  const own =
    node.type === 'VariableDeclaration' && node.kind === 'var'
      ? node.declarations.flatMap(({ id }) => (id.type === 'Identifier' ? [id.name] : []))
      : [];
  return [...own, ...children(node).flatMap(varsIn)];
}

function alwaysReturns(node: AnyNode | null | undefined): boolean {
  if (node?.type === 'ReturnStatement') return true;
  if (node?.type === 'BlockStatement') return alwaysReturns(node.body.at(-1));
  return (
    node?.type === 'IfStatement' && alwaysReturns(node.consequent) && alwaysReturns(node.alternate)
  );
}

/** `SwitchStatement` as `switch statement`. */
function wordsOf(type: string): string {
  return type.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`).trim();
}

function children(node: AnyNode): AnyNode[] {
  return Object.values(node)
    .flat()
    .filter(
      (value): value is AnyNode => typeof value === 'object' && value !== null && 'type' in value,
    );
}
