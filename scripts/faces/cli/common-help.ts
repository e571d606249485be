/** Options that every verb takes, for the foot of its help. */
export const COMMON_HELP = `Options of every verb:
  -C, --cwd DIR            act as if called there
  --json                   print exactly one JSON object, also for an error: {error:{code,message,hint}}
  -h, --help               this help; starts nothing`;

/** Of a verb that shows what a job or Codex has written. */
export const FRAMED_HELP = `  --framed                 for an agent: says first that this is data, and puts a bar before each line that is not ours`;
