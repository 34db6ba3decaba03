// biome-ignore-all lint/suspicious/noShadowRestrictedNames: the built-ins as they are before the program replaces them
/** `describe(thrown)`: `[name or null, message, stack, names of its constructors]` as JSON. */
export function describeProgram({ inspect, cut }) {
  const uncurry = Function.prototype.bind.bind(Function.prototype.call);
  const { getPrototypeOf, getOwnPropertyDescriptor } = Reflect;
  const { stringify } = JSON;
  const isPrototypeOf = uncurry(Object.prototype.isPrototypeOf);
  const errorPrototype = Error.prototype;

  const attempt = (read, otherwise) => {
    try {
      const value = read();
      return typeof value === 'string' ? value : otherwise;
    } catch {
      return otherwise;
    }
  };
  const owns = (object, key) => getOwnPropertyDescriptor(object, key) !== undefined;
  const isError = (thrown) =>
    typeof thrown === 'object' &&
    thrown !== null &&
    attempt(() => (isPrototypeOf(errorPrototype, thrown) ? 'yes' : ''), '') === 'yes';

  return function describe(thrown) {
    if (!isError(thrown)) {
      const shown = () => inspect(thrown);
      const message =
        typeof thrown === 'string' ? thrown : attempt(shown, 'an object that cannot be shown');
      return '[null,' + stringify(cut(message)) + ',"",[]]';
    }
    const named = attempt(() => thrown.name, 'Error');
    const inherited = !owns(thrown, 'name') && !owns(getPrototypeOf(thrown), 'name'); // the class gave itself none
    const name = (inherited && attempt(() => thrown.constructor.name, '')) || named;
    const message = attempt(() => thrown.message, '');
    const stack = attempt(() => thrown.stack, '');
    let constructors = '';
    for (let object = thrown; object !== null && object !== errorPrototype; ) {
      const maker = getOwnPropertyDescriptor(object, 'constructor')?.value;
      const makerName = stringify(cut(attempt(() => maker.name, '')));
      constructors += (constructors === '' ? '' : ',') + makerName;
      object = getPrototypeOf(object);
    }
    const shown =
      stringify(cut(name)) + ',' + stringify(cut(message)) + ',' + stringify(cut(stack));
    return '[' + shown + ',[' + constructors + ']]';
  };
}
