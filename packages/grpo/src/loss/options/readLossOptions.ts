import { GrpoError } from '../../base/errors.ts';
import { unknownName } from '../../base/lookUp.ts';
import { type OptionChecks, readOptions } from '../../base/readOptions.ts';
import { OPTION_OWNERS } from './optionOwners.ts';
import { CALL_OPTIONS } from './sharedOptions.ts';

/**
 * The options of one loss, checked.
 *
 * @throws {GrpoError} `unknown-name` for what is no option at all; `option` for one that this loss's formula does not have,
 * and for a value of the wrong kind.
 */
export function readLossOptions<O extends object>(
  where: string,
  given: O | null | undefined,
  own: OptionChecks<O>,
): O {
  const options: Record<string, unknown> = { ...given };
  for (const option of Object.keys(options)) {
    if (Object.hasOwn(own, option)) continue;
    const home = homeOf(option);
    if (home === undefined) throw unknownName(`${where}: unknown option`, knownTo(own), option);
    if (options[option] !== undefined && options[option] !== null) {
      throw new GrpoError('option', `${where}: has no ${option}. ${home} Leave it out.`);
    }
    delete options[option]; // not given
  }
  return readOptions(where, options as O, { checks: own }); // every key is one of `own`
}

/** All options that there are, the loss's own first. */
function knownTo(own: object): string[] {
  const others = [...Object.keys(CALL_OPTIONS), ...Object.keys(OPTION_OWNERS)];
  return [...new Set([...Object.keys(own), ...others])];
}

/** Where an option belongs, as a sentence. */
function homeOf(option: string): string | undefined {
  if (Object.hasOwn(CALL_OPTIONS, option)) return `It is policyLoss's, which takes any loss.`;
  const owners = Object.hasOwn(OPTION_OWNERS, option) ? OPTION_OWNERS[option] : undefined;
  if (owners === undefined) return undefined;
  if ('allBut' in owners) return `All losses but ${owners.allBut.join(', ')} have it.`;
  return `It belongs to ${owners.join(', ')}.`;
}
