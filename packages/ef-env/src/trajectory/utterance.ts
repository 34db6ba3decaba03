import type { Speaker } from './segment.ts';

/** Something said, and by whom. */
export interface Utterance<Who extends Speaker = Speaker> {
  speaker: Who;
  text: string;
}

/** How an episode opens: a message of the user, or several with their speakers. */
export type Opening = string | readonly Utterance[];

/** What an environment shows later: a message of the user, or several by the user and by tools. */
export type Observation = string | readonly Utterance<'user' | 'tool'>[];
