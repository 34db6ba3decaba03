import { checkChoice } from '../../base/checkChoice.ts';
import { readOptions } from '../../base/readOptions.ts';
import { defineEnvironment } from '../../episode/defineEnvironment.ts';
import type { Environment } from '../../episode/environment.ts';
import { readTurn } from '../../text/readTurn.ts';
import { chatQuestion, readChat } from './chatWriting.ts';
import { type CodewordsOptions, checkLexicon, checkTask } from './codewords.ts';
import { type CodewordsMistake, codewordsMistake } from './codewordsMistake.ts';
import type { CodewordsTask } from './codewordsTask.ts';
import { LEXICON } from './lexicon.ts';

/**
 * The tasks of `codewords`, told in English: for models that were trained to chat.
 *
 *     user       Start with 4876 and apply: rav, bot. Write one line for each word, as "word: rule digits", then "Answer: digits".
 *     assistant  rav: left 8764
 *                bot: flip 1235
 *                Answer: 1235
 *     user       Not right. In step 2 the word bot means pairs, not flip. Please try again.
 *
 * @example
 * const env = codewordsChat();
 * // collect(env, policy, { tasks: [{ digits: '4876', words: ['rav', 'bot'] }], maxTurns: 4, ... })
 */
export function codewordsChat(options: CodewordsOptions = {}): Environment<CodewordsTask> {
  const { feedback = 'step', lexicon = LEXICON } = readOptions('codewordsChat', options, {
    feedback: 'optional',
    lexicon: 'optional',
  });
  checkChoice('codewordsChat: feedback', feedback, ['step', 'none']);
  checkLexicon('codewordsChat', lexicon);
  return defineEnvironment<CodewordsTask, CodewordsTask>({
    name: 'codewords-chat',
    reset: (task) => {
      checkTask('codewordsChat', task, lexicon);
      return { observation: chatQuestion(task), state: task };
    },
    step: (task, action) => {
      const mistake = codewordsMistake(task, readChat(readTurn(action).answer), lexicon);
      const [reward, done] = [mistake ? 0 : 1, feedback === 'none' || !mistake];
      return feedback === 'none'
        ? { reward, done }
        : { feedback: inEnglish(mistake), reward, done };
    },
  });
}

function inEnglish(mistake: CodewordsMistake | undefined): string {
  if (!mistake) return 'That is right.';
  return `Not right. ${whatIsWrong(mistake)} Please try again.`;
}

function whatIsWrong(mistake: CodewordsMistake): string {
  if (mistake.kind === 'answer') return `The steps lead to the answer ${mistake.right}.`;
  const { step, meaning } = mistake;
  if (mistake.kind === 'digits')
    return `In step ${step} the rule ${meaning} makes ${mistake.right} of ${mistake.before}, not ${mistake.said}.`;
  const instead = mistake.kind === 'meaning' ? `, not ${mistake.said}` : '';
  return `In step ${step} the word ${mistake.word} means ${meaning}${instead}.`;
}
