#!/bin/bash
# Makes what an environment of wrangler.toml needs on Cloudflare, step by step and only what is not there: `setup.sh staging https://origin…`. Wants
# `npx wrangler login` before. Secrets are made here, and shown nowhere but the edge's key, which the origin needs.
set -euo pipefail
environment="${1:?staging or production}"
origin="${2:?the address of the origin, https://…}"
cd "$(dirname "$0")/../.."
case "$environment" in staging | production) ;; *)
  echo "there is no environment $environment in wrangler.toml" >&2
  exit 2
  ;;
esac
wrangler() { ${WRANGLER:-npx wrangler} "$@"; }

echo "1. The KV namespace of hot state and games"
title="lgdl-edge-$environment-STATE"
find_id() { wrangler kv namespace list | jq -r --arg title "$title" '.[] | select(.title == $title) | .id'; }
id="$(find_id)"
if [ -z "$id" ]; then
  wrangler kv namespace create "$title" > /dev/null
  id="$(find_id)"
fi
[[ "$id" =~ ^[0-9a-f]{32}$ ]] || {
  echo "no namespace $title: $id" >&2
  exit 1
}
python3 - "$environment" "$id" "$origin" <<'PY'
import re, sys
environment, namespace, origin = sys.argv[1:]
with open("wrangler.toml", encoding="utf-8") as file:
    text = file.read()
start = text.index(f"[env.{environment}.vars]")
head, rest = text[:start], text[start:]
rest = re.sub(r'(LGDL_ORIGIN_URL = ")[^"]*', lambda match: match.group(1) + origin, rest, count=1)
rest = re.sub(r'(binding = "STATE"\nid = ")[0-9a-f]{32}', lambda match: match.group(1) + namespace, rest, count=1)
with open("wrangler.toml", "w", encoding="utf-8") as file:
    file.write(head + rest)
PY

echo "2. Secrets"
have="$(wrangler secret list --env "$environment" 2> /dev/null || echo '[]')"
put() { # name, value
  if jq -e --arg name "$1" 'any(.[]; .name == $name)' <<< "$have" > /dev/null; then
    echo "   $1 is there"
  else
    printf '%s' "$2" | wrangler secret put "$1" --env "$environment" > /dev/null
    echo "   $1 is made"
  fi
}
put LGDL_STATE_KEY "$(openssl rand -hex 32)"
key="$(openssl rand -hex 32)"
if ! jq -e 'any(.[]; .name == "LGDL_ORIGIN_KEY")' <<< "$have" > /dev/null; then
  put LGDL_ORIGIN_KEY "$key"
  echo "   Add this to LGDL_EDGE_KEYS of the origin, and start it anew; it is not shown again:"
  echo "   workers-$environment:$key"
fi

echo "3. The Durable Object is made by: cargo xtask worker && npx wrangler deploy --env $environment"
