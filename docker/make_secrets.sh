#!/bin/sh
# Make the secrets that compose.yaml wants, in docker/secrets/; those that are there stay as they are.
set -eu
cd "$(dirname "$0")"
# The folder is closed to others on this machine. The files are not: in the containers other users read them.
mkdir -p secrets
chmod 700 secrets
umask 022

random() {
    head -c 32 /dev/urandom | od -An -v -tx1 | tr -d ' \n'
}

make() {
    [ -s "secrets/$1" ] || printf '%s\n' "$2" > "secrets/$1"
}

make database_password "$(random)"
make database_url "postgresql://kefu:$(cat secrets/database_password)@postgres/kefu"
make api_key "$(random)"
make signing_key "$(random)"
