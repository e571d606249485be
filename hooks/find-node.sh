# shellcheck shell=sh
# Read by session-hook.sh where its PATH has no node, as where a host was started from a desktop or by launchd. Sets $node to
# one that a version manager or Homebrew keeps, or to nothing. No program is started for it.

# The newest one of these that is new enough; their versions stand in their names.
newest_of() {
  for one; do
    [ -x "$one" ] || continue
    version=${one%/bin/node} version=${version%/installation} version=${version##*/} version=${version#v}
    major=${version%%.*} minor=${version#*.} minor=${minor%%.*}
    case $major$minor in '' | *[!0-9]*) continue ;; esac
    version=$((major * 1000 + minor))
    [ "$version" -gt "$newest" ] || continue
    newest=$version node=$one
  done
}

node= newest=20016 # 20.17 is the first one that is new enough
newest_of "${NVM_DIR:-${HOME-}/.nvm}"/versions/node/*/bin/node \
  "${VOLTA_HOME:-${HOME-}/.volta}"/tools/image/node/*/bin/node
for folder in "${FNM_DIR-}" "${XDG_DATA_HOME:-${HOME-}/.local/share}/fnm" "${HOME-}/Library/Application Support/fnm" "${HOME-}/.fnm"; do
  [ -z "$folder" ] || newest_of "$folder"/node-versions/*/installation/bin/node
done
folders=${HOMEBREW_PREFIX-}:/opt/homebrew:/home/linuxbrew/.linuxbrew:
[ ! -d /System/Library/CoreServices ] || folders=$folders/usr/local: # Homebrew's place on Intel
while [ -z "$node" ] && [ -n "$folders" ]; do
  folder=${folders%%:*} folders=${folders#*:}
  [ -n "$folder" ] || continue
  for one in "$folder/bin/node" "$folder"/opt/node@2[0-9]/bin/node; do # a version of its own is not linked into bin
    [ -n "$node" ] || [ ! -x "$one" ] || node=$one
  done
done
