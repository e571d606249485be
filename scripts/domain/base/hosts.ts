import { aName } from './check.ts';

/**
 * What differs between the agent programs that load the plugin, as far as the lower rooms have to know it. The rest, which
 * needs a process or a file to be looked at, stands in scripts/hosts/, one object a host.
 */
interface HostTraits {
  /** how people call it */
  label: string;
  /**
   * How many conversations one process of it has at a time. `one`: where it begins another one (/clear, /resume), the
   * former is over, even if nobody was told of its end.
   */
  sessionsPerProcess: 'one' | 'many';
  /**
   * How an open session whose agent waits is told of something: by a file that it watches (its hook then exits with 2), by its
   * own queue of messages, or not before its next hook.
   */
  wokenBy: 'doorbell' | 'queue' | 'next-hook';
  /** Which variables are its doing, by how little of what it starts may have them. */
  variables: {
    /** the plugin's, and those of its own process: no job gets them */
    plugin: readonly RegExp[];
    /** of one session: what resumes a session by itself gets none of another one's */
    session: readonly RegExp[];
    /** what may differ from one caller to the next: what serves several callers gets none */
    caller: readonly RegExp[];
  };
}

/** An agent of a later row is started by agents of the rows before it, and inherits their variables. */
const ROWS = {
  'claude-code': {
    label: 'Claude Code',
    sessionsPerProcess: 'one',
    wokenBy: 'doorbell',
    variables: {
      plugin: [
        /^CLAUDE_PLUGIN_/,
        /^CLAUDE_ENV_FILE$/,
        /^CLAUDE_CODE_MESSAGING_/,
        /^CLAUDE_CODE_CHILD_/,
        /^CLAUDE_PID$/,
      ],
      session: [
        /^CLAUDECODE$/,
        /^CLAUDE_(EFFORT|PROJECT_DIR)$/,
        /^CLAUDE_CODE_(SESSION|ENTRYPOINT|EXECPATH|SSE)/,
      ],
      caller: [/^CLAUDE/],
    },
  },
  codex: {
    label: 'Codex',
    sessionsPerProcess: 'many',
    wokenBy: 'queue',
    variables: {
      plugin: [/^PLUGIN_(ROOT|DATA)$/],
      session: [/^CODEX_(THREAD_ID|SESSION_ID|TOOL_CALL_ID|CI|VERSION)$/, /^CODEX_SANDBOX/],
      caller: [],
    },
  },
} as const satisfies Record<string, HostTraits>;

export type HostName = keyof typeof ROWS;

export const HOST_TRAITS: Readonly<Record<HostName, HostTraits>> = ROWS;

export const HOST_NAMES = Object.keys(ROWS) as HostName[];

/** The hosts with a queue of messages. */
export type QueueingHost = {
  [H in HostName]: (typeof ROWS)[H]['wokenBy'] extends 'queue' ? H : never;
}[HostName];

/** From a file or an argument. One that is not in the table is a newer version's, and is refused by its name. */
export const aHostName = aName(HOST_NAMES, 'host');
