import { chmodSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemCode } from '../../domain/base/errors.ts';
import type { HostName } from '../../domain/base/hosts.ts';
import { aPromotionTicket, type PromotionTicket } from '../../domain/shell/ticket.ts';
import { makePrivateDirectory, notWritable, removeIfAny, requireOwnDirectory } from '../files/durable.ts';
import { readOwnJson } from '../files/json-file.ts';
import { namesIn } from '../files/names-in.ts';
import { removeTree } from '../files/remove.ts';
import { safeName, sessionDirectory } from '../layout.ts';

/**
 * The tickets of a session's commands (domain/promotion.ts). `NAME.json` is the ticket; `NAME.command` and
 * `NAME.quoted` are what faces/hooks/agent-shell.sh reads of it: the command, and how it stands in the host's `eval '…'`. All
 * of it is data: nothing here is run, whoever may have written it. A ticket that nobody took, because the host refused
 * its command, goes after a day. None of it is needed after a crash.
 */

const WORTH_MS = 24 * 3600 * 1000;

export function ticketDirectory(root: string, host: HostName, sessionId: string): string {
  return join(sessionDirectory(root, host, sessionId), 'tickets');
}

/** @param session the session's own directory */
export function removeTickets(session: string): void {
  removeTree(join(session, 'tickets'));
}

/** Throws `state-not-writable` or `foreign-owner`. */
export function leaveTicket(directory: string, ticket: PromotionTicket): void {
  const name = safeName(ticket.toolUseId);
  for (let tries = 3; ; tries--) {
    try {
      makePrivateDirectory(directory);
      requireOwnDirectory(directory);
      removeOldTickets(directory);
      put(join(directory, `${name}.json`), JSON.stringify(ticket));
      put(join(directory, `${name}.quoted`), asHostQuotes(ticket.command));
      put(join(directory, `${name}.command`), ticket.command);
      return;
    } catch (error) {
      // A sweep took the session for over and removed what is known of it, in this moment.
      if (systemCode(error) !== 'ENOENT' || tries <= 0) throw error;
    }
  }
}

/** What stands between the quotes of the host's `eval '…'` (Claude Code 2.1.197 and 2.1.329). */
function asHostQuotes(command: string): string {
  return command.replaceAll("'", `'"'"'`);
}

/** Takes a ticket for this command, or finds none. Each ticket is had by one taker. */
export function takeTicket(directory: string, command: string): PromotionTicket | undefined {
  for (const file of namesIn(directory).filter((name) => name.endsWith('.json'))) {
    const path = join(directory, file);
    const ticket = readOwnJson(path, (value) => aPromotionTicket(value, path));
    if (ticket?.command !== command || Date.now() - Date.parse(ticket.at) > WORTH_MS) continue;
    if (take(path)) return ticket;
  }
  return undefined;
}

/** True for exactly one of all who try: rename(2) needs the old name. */
function take(path: string): boolean {
  try {
    renameSync(path, `${path}.taken`);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false;
    throw notWritable(path, error);
  }
  for (const file of [path.replace(/json$/, 'command'), path.replace(/json$/, 'quoted'), `${path}.taken`])
    removeIfAny(file);
  return true;
}

/** By rename: a shell of the agent may read at this moment. */
function put(path: string, text: string): void {
  try {
    writeFileSync(`${path}.part`, text, { mode: 0o600 });
    chmodSync(`${path}.part`, 0o600); // a umask may take the owner's rights, too
    renameSync(`${path}.part`, path);
  } catch (error) {
    throw notWritable(path, error);
  }
}

function removeOldTickets(directory: string): void {
  for (const name of namesIn(directory)) {
    const path = join(directory, name);
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat && Date.now() - stat.mtimeMs > WORTH_MS) removeTree(path);
  }
}
