"""Real counterparts for headway: what the end-to-end tests and the quickstart run against.

Python's standard library only; import with PYTHONPATH=tests. A module per counterpart:

git_host    nginx + fcgiwrap + `git http-backend`, with protected branches
repo        bare repositories with commits whose ids are the same in every run
ledger      ledgers made by hand, one event or thousands, sound or not
protection  what a repository's hooks refuse, in GitLab's words
app         a deployed application with /health, and the agent that deploys to it
rolling     an app behind nginx on several addresses that roll, flap, drain and lie
crowd       many slow endpoints at once
hostile     web servers that send too much, too slowly, or nonsense
inbox       an incoming webhook shaped like Slack's; slack judges and renders what it received
saboteur    a server that follows a script of bytes and breaks off
relay       a proxy that holds, cuts or alters one chosen exchange
headway     runs the binary under test in an environment of its own
usage       what a run takes of the machine
ci_machine  what the runners of CI syntaxes share: github_actions, azure_pipelines (its templates:
            azure_expressions) and bitbucket_pipelines run scripts as they are written
npm         the Node.js programs that some tests drive; JSON Schema
gitlab_ci   a GitLab CI runner of one machine, and GitLab's schema of .gitlab-ci.yml
leaks       finds a secret in a text, however it was encoded
"""
