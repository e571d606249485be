import { anIdentity, aRecord, aString, aTimestamp, orNull } from '../base/check.ts';
import type { ProcessIdentity } from '../base/identity.ts';
import type { Timestamp } from '../job/job.ts';
import { readInTurn } from './background.ts';
import type { Promotion } from './promotion.ts';

/**
 * What the hook before a command notes for the shell that will run it, if the host lets it run: that command becomes a
 * job then. It is no permission: a shell that was not given the very same command by its host makes nothing of it.
 */
export interface PromotionTicket {
  toolUseId: string;
  /** as the model wrote it, and as the host shows it to its permission rules */
  command: string;
  /** what the model calls it, or null */
  title: string | null;
  /** the subagent that asks, or null for the session's own agent */
  agentId: string | null;
  /** the host's process, which must be above the shell that takes the ticket */
  client: ProcessIdentity | null;
  at: Timestamp;
}

export function aPromotionTicket(value: unknown, where: string): PromotionTicket {
  const record = aRecord(value, where);
  return {
    toolUseId: aString(record.toolUseId, `${where}.toolUseId`),
    command: aString(record.command, `${where}.command`),
    title: orNull(aString)(record.title, `${where}.title`),
    agentId: orNull(aString)(record.agentId, `${where}.agentId`),
    client: orNull(anIdentity)(record.client, `${where}.client`),
    at: aTimestamp(record.at, `${where}.at`),
  };
}

/** A word of the command that runs our own program: it knows itself what it starts. */
const OUR_OWN = /(?:^|[\s/;&|("'`])codex-companion(?:$|[\s;&|)"'`])/;

/** The job that a command becomes, or undefined for one that is left as it is: also where the lexer is unsure. */
export function jobOf(command: string): Promotion | undefined {
  if (OUR_OWN.test(command)) return undefined;
  const reading = readInTurn(command);
  return reading.starts === 'yes' ? reading.promotion : undefined;
}
