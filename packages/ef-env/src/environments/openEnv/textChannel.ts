import { webSocket } from '#platform';
import { EfEnvError } from '../../base/errors.ts';
import type { WebSocketLike } from '../../platform/platform.ts';

/** How long a server may take to close a connection it was asked to leave, milliseconds. */
const LEAVE_TIME = 5_000;
/** `readyState` of a WebSocket. */
const CONNECTING = 0;
const OPEN = 1;
const CLOSED = 3;

/** A WebSocket on which each message sent is answered by one. */
export interface TextChannel {
  /** Sends and waits for the answer. The signal ends the channel. */
  exchange(text: string, signal: AbortSignal): Promise<unknown>;
  /** Says goodbye and waits until the other side has closed, at most 5 s. */
  close(): Promise<void>;
}

export interface TextChannelOptions {
  url: string;
  /** The url as messages name it. */
  shown: string;
  headers: Record<string, string> | undefined;
  /** The message on which the other side closes. */
  goodbye: string;
  /** The error for a message that answers nothing; it ends the channel. */
  unasked(message: unknown): unknown;
}

/**
 * Connects.
 *
 * @throws {EfEnvError} `server` if that fails; the signal's reason.
 */
export async function openTextChannel(
  options: TextChannelOptions,
  signal: AbortSignal,
): Promise<TextChannel> {
  const { url, shown, headers, goodbye, unasked } = options;
  const socket = await webSocket(url, headers);
  let ended: unknown = null; // why nothing can be sent any more
  let waiting: { resolve(message: unknown): void; reject(reason: unknown): void } | null = null;
  let leaving: Promise<void> | null = null;

  const settle = (message: unknown): void => {
    waiting?.resolve(message);
    waiting = null;
  };
  const end = (reason: unknown): void => {
    ended ??= reason;
    waiting?.reject(ended);
    waiting = null;
  };
  const close = (): Promise<void> => {
    end(new EfEnvError('server', `openEnv: the session at ${shown} has ended. Start another.`));
    leaving ??= leave(socket, goodbye);
    return leaving;
  };
  /** The next event, after `send`. */
  const next = async (by: AbortSignal, send: () => void): Promise<unknown> => {
    by.throwIfAborted();
    if (ended) throw ended;
    if (waiting) throw busy(shown);
    const cut = (): void => {
      end(by.reason);
      close();
    };
    by.addEventListener('abort', cut, { once: true });
    const event = new Promise<unknown>((resolve, reject) => {
      waiting = { resolve, reject };
    });
    send();
    return event.finally(() => by.removeEventListener('abort', cut));
  };

  let open = false;
  socket.onopen = () => {
    open = true;
    settle(null);
  };
  socket.onmessage = ({ data }) => (waiting ? settle(data) : end(unasked(data)));
  socket.onerror = ({ message }) => {
    if (!open || message) end(broken(shown, message)); // else what follows, the closing, says more
  };
  socket.onclose = ({ code, reason }) => end(gone(shown, code, reason));
  try {
    await next(signal, () => {});
  } catch (error) {
    close();
    throw error;
  }
  return {
    exchange: (text, by) => next(by, () => socket.send(text)),
    close,
  };
}

/** Resolves when the connection is closed. The server frees its session before it closes, hence the goodbye. */
async function leave(socket: WebSocketLike, goodbye: string): Promise<void> {
  if (socket.readyState === CONNECTING) socket.close();
  if (socket.readyState === CONNECTING || socket.readyState === CLOSED) return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(() => {
      socket.close();
      resolve();
    }, LEAVE_TIME);
    socket.onclose = () => {
      clearTimeout(timer);
      resolve();
    };
    if (socket.readyState === OPEN) socket.send(goodbye);
  });
}

function busy(shown: string): EfEnvError {
  return new EfEnvError(
    'option',
    `openEnv: a session at ${shown} takes one request at a time. Await the answer first, or start another session.`,
  );
}

function broken(shown: string, message = ''): EfEnvError {
  return new EfEnvError(
    'server',
    `openEnv: the connection to ${shown} failed (${message || 'no reason given'}). Start the server, or correct the url; OpenEnv servers have /ws (the package openenv, and openenv-core since 0.2).`,
  );
}

function gone(shown: string, code: number, reason: string): EfEnvError {
  const advice = /ping/.test(reason)
    ? 'This process was busy for longer than the server waits for a sign of life: start uvicorn with a higher --ws-ping-timeout.'
    : 'The server went away or gave the session up: see its log.';
  return new EfEnvError(
    'server',
    `openEnv: ${shown} closed the connection (code ${code}, ${reason || 'no reason given'}). ${advice}`,
  );
}
