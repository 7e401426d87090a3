#!/usr/bin/env bash
# usage: deploy.sh FOLDER BRANCH COMMIT
#
# Runs on the server, sent there by the deploy job: makes what the branch says run in FOLDER,
# which is a clone of this repository.
set -euo pipefail

folder=$1 branch=$2 commit=$3

cd "$folder"
# Two jobs may come at once, and git and compose are not to be used by both.
exec 9>.git/deploy.lock
flock 9

git fetch --quiet --no-tags origin "+refs/heads/$branch:refs/remotes/origin/$branch"
tip=$(git rev-parse --verify "refs/remotes/origin/$branch")
if [[ $tip != "$commit" ]]; then
    # A job that is late, or was run again by hand. Moving back is headway's to decide.
    echo "$branch is at $tip by now, not at $commit: its own job deploys it"
    exit 0
fi

git checkout --quiet --force --detach "$commit"
COMMIT=$commit docker compose --project-name app up --build --detach --wait --remove-orphans
echo "$commit runs"
