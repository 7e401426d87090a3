"""What GitLab would refuse or take otherwise than meant, and a runner of one machine lets pass: the
shipped YAML by GitLab's schema, inputs, environments, what blocks what, scripts."""

from __future__ import annotations

import re
import subprocess
import tempfile
import unittest
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from e2e.gitlab_ci_support import k_source, k_template, k_templates
from host import npm
from host.gitlab_ci import documents, schema

k_example = k_source / "examples/gitlab-four-stages/.gitlab-ci.yml"
k_components = sorted((k_templates / "templates").glob("*.yml"))
k_actions = {"promote": "start", "verify": "verify", "rollback": "access", "notify": "access"}
"""What each job does to GitLab's environment: only a promotion is a deployment of its commit."""
k_kinds = (*k_actions, "status")
k_globals = {"include", "stages", "variables", "default", "workflow", "spec"}
k_use = re.compile(r"\$\[\[ *inputs\.(\w+) *\]\]")
Yaml = dict[str, Any]


def flat(value: Any) -> Iterator[str]:
    """Every text in a document, keys included."""
    if isinstance(value, dict):
        for key, entry in value.items():
            yield from flat(key)
            yield from flat(entry)
    elif isinstance(value, list):
        for entry in value:
            yield from flat(entry)
    elif isinstance(value, str):
        yield value


def jobs_of(document: Yaml) -> dict[str, Yaml]:
    return {name: job for name, job in document.items() if name not in k_globals}


def resolved(name: str, jobs: dict[str, Yaml]) -> Yaml:
    """A job with what it extends, merged as GitLab does: maps deeply, all else replaced."""

    def merged(below: Yaml, above: Yaml) -> Yaml:
        both = {key: merged(below[key], value)
                if isinstance(value, dict) and isinstance(below.get(key), dict) else value
                for key, value in above.items()}  # fmt: skip
        return below | both

    job = jobs[name]
    parent = job.get("extends")
    return merged(resolved(parent, jobs), job) if parent else job


def input_errors(inputs: Yaml, given: Yaml) -> list[str]:
    """What GitLab says of a component's `inputs:`; gitlab-ci-local takes unknown ones."""
    types = {"string": str, "boolean": bool, "number": (int, float), "array": list}
    errors = [f"{name} is no input" for name in given if name not in inputs]
    for name, spec in inputs.items():
        if name not in given:
            errors += [] if "default" in spec else [f"{name} is required"]
            continue
        value = given[name]
        if not isinstance(value, types[spec["type"]]):
            errors.append(f"{name} is no {spec['type']}")
        elif value not in spec.get("options", [value]):
            errors.append(f"{name} is none of {spec['options']}")
        elif "regex" in spec and not re.search(spec["regex"], value):
            errors.append(f"{name} does not match {spec['regex']}")
    return errors


class FilesTest(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls) -> None:
        (cls.template,), (cls.example,), *components = documents(k_template, k_example,
                                                                 *k_components)  # fmt: skip
        cls.components: dict[str, tuple[Yaml, Yaml]] = {
            path.stem: (parts[0]["spec"]["inputs"], parts[1])
            for path, parts in zip(k_components, components, strict=True)
        }
        cls.hidden = jobs_of(cls.template)
        cls.jobs = {kind: resolved(f".headway-{kind}", cls.hidden) for kind in k_kinds}


class Schema(FilesTest):
    def errors(self, *texts: tuple[str, str]) -> dict[str, list[Yaml]]:
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        files = []
        for name, text in texts:
            files.append(folder / name)
            files[-1].write_text(text, encoding="utf-8")
        return npm.schema_errors(schema(folder), files)

    def test_each_file_is_what_gitlab_takes(self) -> None:
        texts = [(path.parent.name + path.name, path.read_text(encoding="utf-8"))
                 for path in (k_template, k_templates / ".gitlab-ci.yml", k_example)]  # fmt: skip
        for path in k_components:
            header, body = path.read_text(encoding="utf-8").split("\n---\n")
            texts += [(f"header-{path.name}", header), (path.name, body)]
        found = self.errors(*texts)
        self.assertEqual(len(found), 3 + 2 * len(k_components))
        self.assertEqual({file: errors for file, errors in found.items() if errors}, {})

    def test_it_would_be_found(self) -> None:
        wrong = {
            "action.yml": "job: {script: x, environment: {name: staging, action: deploy}}\n",
            "retry.yml": "job: {script: x, retry: {when: [power_failure]}}\n",
            "report.yml": "job: {script: x, artifacts: {reports: {junits: x.xml}}}\n",
            "header.yml": "spec: {inputs: {a: {type: word}}}\n",
        }
        found = self.errors(*wrong.items())
        self.assertEqual([file for file, errors in found.items() if not errors], [])


class Jobs(FilesTest):
    def test_each_job_has_its_file_and_its_place(self) -> None:
        self.assertEqual([path.stem for path in k_components], sorted(k_kinds))
        self.assertEqual(set(self.hidden) - {".headway", ".headway-proof"},
                         {f".headway-{kind}" for kind in k_kinds})  # fmt: skip

    def test_only_a_promotion_is_a_deployment(self) -> None:
        for kind, action in k_actions.items():
            self.assertEqual(self.jobs[kind]["environment"],
                             {"name": "$HEADWAY_ENVIRONMENT", "action": action})  # fmt: skip
        self.assertNotIn("environment", self.jobs["status"])

    def test_what_moves_a_branch_runs_one_at_a_time(self) -> None:
        groups = {kind: job.get("resource_group") for kind, job in self.jobs.items()}
        self.assertEqual(groups, {
            # CI_ENVIRONMENT_NAME has no effect here, in GitLab.
            "promote": "$HEADWAY_ENVIRONMENT", "rollback": "$HEADWAY_ENVIRONMENT",
            "verify": None, "notify": None, "status": None,
        })  # fmt: skip

    def test_nothing_comes_from_elsewhere(self) -> None:
        for kind, job in self.jobs.items():
            self.assertEqual(job["dependencies"], [], kind)
            self.assertEqual(job["inherit"], {"default": ["tags", "timeout"]}, kind)
            self.assertEqual(job["variables"]["GIT_STRATEGY"], "empty", kind)
            self.assertIs(job["interruptible"], False, kind)
            # after_script runs in a shell of its own, after the reports are looked for.
            self.assertNotIn("after_script", job, kind)
            self.assertNotIn("cache", job, kind)

    def test_only_the_runners_failures_are_retried(self) -> None:
        for kind, job in self.jobs.items():
            self.assertEqual(set(job["retry"]["when"]),
                             {"runner_system_failure", "scheduler_failure"}, kind)  # fmt: skip

    def test_reports_are_what_headway_writes_and_come_always(self) -> None:
        for kind, job in self.jobs.items():
            if kind in ("notify", "status"):
                self.assertNotIn("artifacts", job)
                continue
            self.assertEqual(job["artifacts"], {"when": "always", "reports": {
                report: job["variables"][f"HEADWAY_{report.upper()}"]
                for report in ("junit", "dotenv", "annotations")
            }}, kind)  # fmt: skip

    def test_a_manual_gate_blocks_unless_it_says_otherwise(self) -> None:
        for kind in ("promote", "rollback"):
            for rule in self.jobs[kind]["rules"]:
                # Left out, allow_failure is true in GitLab for a manual job without rules only.
                if rule.get("when") == "manual":
                    self.assertIn("allow_failure", rule, kind)
        self.assertEqual(self.jobs["promote"]["rules"][-1],
                         {"when": "manual", "allow_failure": False})  # fmt: skip
        self.assertEqual(self.jobs["rollback"]["needs"], [])

    def test_no_variable_is_one_of_an_options_by_chance(self) -> None:
        own = {"HEADWAY_ENVIRONMENT", "HEADWAY_GATE", "HEADWAY_IMAGE", "HEADWAY_BINARY_URL",
               "HEADWAY_BINARY_SHA256"}  # fmt: skip
        text = k_template.read_text(encoding="utf-8")
        # But for init's, which no job runs.
        sources = (
            path.read_text(encoding="utf-8")
            for path in (k_source / "src/cli").glob("*.cpp")
            if not path.name.startswith("init_")
        )
        flags = set(re.findall(r'"(?:-\w,)?--([a-z][a-z-]*)"', "\n".join(sources)))
        options = {"HEADWAY_" + flag.upper().replace("-", "_") for flag in flags}
        self.assertIn("HEADWAY_NO_VERIFY", options)
        self.assertEqual(own & options, set())
        self.assertEqual(set(re.findall(r"HEADWAY_[A-Z0-9_]+", text)) - own - options, set())


class Example(FilesTest):
    def test_each_push_token_is_protected_masked_and_scoped(self) -> None:
        """A runner of one machine knows no protected variables; people have to be told."""
        text = (k_templates / "README.md").read_text(encoding="utf-8")
        self.assertRegex(text, r"`STAGING_PUSH_TOKEN`: \*\*Protected\*\*, \*\*Masked\*\* and with the "
                               r"environment scope `staging`")  # fmt: skip
        readme = (k_example.parent / "README.md").read_text(encoding="utf-8")
        tokens = set(re.findall(r"token: \{env: (\w+)\}",
                                (k_example.parent / ".headway.yml").read_text(encoding="utf-8")))
        self.assertEqual(len(tokens), 1)
        for token in tokens:
            self.assertRegex(readme, rf"`{token}`, with a value for each environment scope: "
                                     "protected and masked")  # fmt: skip

    def test_stages_and_gates(self) -> None:
        jobs = jobs_of(self.example)
        for name, job in jobs.items():
            self.assertIn(job["stage"], self.example["stages"], name)
            parent = job.get("extends")
            self.assertIn(parent, [None, *(f".headway-{kind}" for kind in k_kinds)], name)
            # A variable's misspelling would pass without a word.
            self.assertLessEqual(set(job.get("variables", {})),
                                 {"HEADWAY_ENVIRONMENT", "HEADWAY_GATE"}, name)  # fmt: skip
        gates = {name: job["variables"].get("HEADWAY_GATE", "automatic")
                 for name, job in jobs.items() if name.startswith("promote-")}  # fmt: skip
        self.assertEqual(gates, {"promote-development": "automatic", "promote-staging": "automatic",
                                 "promote-uat": "manual", "promote-production": "optional"})  # fmt: skip


class Inputs(FilesTest):
    def test_each_is_declared_typed_described_and_used(self) -> None:
        for name, (inputs, body) in self.components.items():
            used = {match for text in flat(body) for match in k_use.findall(text)}
            self.assertEqual(used, set(inputs), name)
            for key, spec in inputs.items():
                self.assertIn(spec["type"], ("string", "boolean", "number", "array"), (name, key))
                self.assertTrue(spec["description"].endswith("."), (name, key))
            required = [key for key, spec in inputs.items() if "default" not in spec]
            self.assertEqual(required, [] if name == "status" else ["environment"])

    def test_defaults_are_allowed_values(self) -> None:
        # GitLab judges a default by options and regex too.
        for name, (inputs, _) in self.components.items():
            defaults = {key: spec["default"] for key, spec in inputs.items() if "default" in spec}
            required = {} if name == "status" else {"environment": "staging"}
            self.assertEqual(input_errors(inputs, required | defaults), [], name)

    def test_the_readme_tells_of_each(self) -> None:
        text = (k_templates / "README.md").read_text(encoding="utf-8")
        for name, (inputs, _) in self.components.items():
            section = text.split(f"\n### {name}\n")[1].split("\n###")[0]
            rows = [row for row in section.strip().splitlines() if row.startswith("| `")]
            expected = []
            for key, spec in inputs.items():
                options = f": {', '.join(spec['options'])}" if "options" in spec else ""
                value = spec.get("default")
                shown = "" if value is None else f"`{str(value).lower()}`" \
                    if isinstance(value, bool) else f"`{value}`"  # fmt: skip
                expected.append(f"| `{key}` | {spec['type']}{options} | {shown} | "
                                f"{spec['description']} |")  # fmt: skip
            self.assertEqual(rows, expected, name)

    def test_what_the_readme_gives_is_an_input(self) -> None:
        text = (k_templates / "README.md").read_text(encoding="utf-8")
        snippet = text.split("## Components\n")[1].split("\nEach adds")[0]
        path = Path(self.enterContext(tempfile.TemporaryDirectory())) / "snippet.yml"
        path.write_text(re.sub(r"(?m)^    ", "", snippet), encoding="utf-8")
        ((document,),) = documents(path)
        self.assertEqual(len(document["include"]), 3)
        for include in document["include"]:
            name = re.fullmatch(r"\$CI_SERVER_FQDN/tools/headway/(\w+)@1\.0\.0",
                                include["component"])  # fmt: skip
            assert name
            inputs, _ = self.components[name[1]]
            self.assertEqual(input_errors(inputs, include["inputs"]), [])

    def test_wrong_ones_are_seen(self) -> None:
        inputs, _ = self.components["promote"]
        self.assertEqual(input_errors(inputs, {"gate": "never", "no_verify": "yes", "url": "x"}), [
            "url is no input", "environment is required", "gate is none of "
            "['automatic', 'manual', 'optional']", "no_verify is no boolean",
        ])  # fmt: skip
        self.assertEqual(len(input_errors(inputs, {"environment": "a b"})), 1)


class Scripts(FilesTest):
    def test_every_line_is_sound_posix_shell(self) -> None:
        """Images have dash or busybox; the runner puts the lines into one script."""
        for kind, job in self.jobs.items():
            lines = [*job["before_script"], *job["script"]]
            self.assertTrue(all(isinstance(line, str) for line in lines), kind)
            self.shellcheck("\n".join(lines))
        for job in (*jobs_of(self.example).values(), documents(k_templates / ".gitlab-ci.yml")[0][0]
                    ["release"]):  # fmt: skip
            if "script" in job:
                self.shellcheck("\n".join(job["script"]))

    def shellcheck(self, script: str) -> None:
        done = subprocess.run(
            ["shellcheck", "--shell=sh", "--severity=style", "--exclude=SC2154", "-"],
            input=f"set -e\n{script}\n", capture_output=True, text=True, check=False,
        )  # fmt: skip
        self.assertEqual(done.stdout + done.stderr, "")


if __name__ == "__main__":
    unittest.main()
