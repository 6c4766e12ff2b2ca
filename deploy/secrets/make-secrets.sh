#!/bin/sh
# Makes the passwords that nobody need know, once: what is there already stays as it is.
# Each goes to a folder (a volume) that only those containers see which need it.
set -eu
umask 022

draw() {
  head -c 24 /dev/urandom | od -An -v -tx1 | tr -d ' \n'
}

# Whole or not at all: a start that is cut short leaves no half of a password behind.
keep() {
  printf '%s' "$2" >"$1.draft"
  mv "$1.draft" "$1"
}

database=${DATABASE_SECRETS:-/secrets/database}
[ -s "$database/password" ] || keep "$database/password" "$(draw)"
keep "$database/url" "postgresql://pllm:$(cat "$database/password")@postgres:5432/pllm"

grafana=${GRAFANA_SECRETS:-/secrets/grafana}
[ -s "$grafana/password" ] || keep "$grafana/password" "$(draw)"
