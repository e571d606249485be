/** Options that every verb takes, for the foot of its help. */
export const COMMON_HELP = `Options of every verb:
  -C, --cwd DIR            act as if called there
  --json                   print exactly one JSON object, also for an error: {error:{code,message,hint}}
  -h, --help               this help; starts nothing`;
