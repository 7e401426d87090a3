"""examples/gitlab-argocd: its pipeline promotes, Argo CD deploys what its chart says."""

from __future__ import annotations

import re
import unittest

from e2e.example_support import ClusterTest, branches, documents, k_examples, read_yaml

k_folder = k_examples / "gitlab-argocd"


def rendered(template: str, values: dict[str, object]) -> str:
    """What Helm makes of a template that uses values, and `required`, and nothing else."""

    def value(match: re.Match[str]) -> str:
        found = values.get(match["name"], "")
        if match["required"] and not found:
            raise AssertionError(match["required"])
        return str(found)

    text = re.sub(
        r'\{\{ (?:required "(?P<required>[^"]*)" )?\.Values\.(?P<name>\w+) \}\}', value, template
    )
    if "{{" in text:
        raise AssertionError(f"not understood: {text}")
    return text


class Running(ClusterTest):
    def setUp(self) -> None:
        self.open_cluster("gitlab-argocd")

    def deployed_version(self, environment: str, tip: str) -> str:
        """The tag of the image in what Argo CD and Helm make of the files."""
        (application,) = documents(self.example.show("main", f"argocd/{environment}.yaml"))
        source = application["spec"]["source"]
        self.assertEqual(source["targetRevision"], f"_gitlab/agents/{environment}")
        (values,) = documents(self.example.show(tip, f"{source['path']}/values.yaml"))
        for parameter in source["helm"]["parameters"]:
            values[parameter["name"]] = parameter["value"].replace("$ARGOCD_APP_REVISION", tip)
        template = self.example.show(tip, f"{source['path']}/templates/deployment.yaml")
        (deployment,) = documents(rendered(template, values))
        (container,) = deployment["spec"]["template"]["spec"]["containers"]
        return str(container["image"]).rpartition(":")[2]

    def test_pipeline_builds_and_promotes_to_staging(self) -> None:
        self.run_pipeline()

    def test_to_production_and_back(self) -> None:
        self.run_to_production_and_back()


class Files(unittest.TestCase):
    def test_applications_follow_the_branches_of_the_configuration(self) -> None:
        configuration = read_yaml(k_folder / ".headway.yml")
        for environment, branch in branches(configuration):
            application = read_yaml(k_folder / f"argocd/{environment}.yaml")
            source = application["spec"]["source"]
            self.assertEqual(source["targetRevision"], branch)
            self.assertTrue((k_folder / source["path"] / "Chart.yaml").exists())
            parameters = {p["name"]: p for p in source["helm"]["parameters"]}
            self.assertEqual(
                parameters["commit"],
                {"name": "commit", "value": "$ARGOCD_APP_REVISION", "forceString": True},
            )
            url = configuration["environments"][environment]["url"]
            self.assertEqual(f"https://{parameters['host']['value']}", url)

    def test_chart(self) -> None:
        chart = read_yaml(k_folder / "chart/Chart.yaml")
        self.assertEqual((chart["apiVersion"], chart["name"]), ("v2", "app"))
        (values,) = documents((k_folder / "chart/values.yaml").read_text(encoding="utf-8"))
        values |= {"commit": "1" * 40, "host": "app.example.com"}
        kinds = {}
        for path in sorted((k_folder / "chart/templates").iterdir()):
            for document in documents(rendered(path.read_text(encoding="utf-8"), values)):
                kinds[document["kind"]] = document
        self.assertEqual(sorted(kinds), ["Deployment", "Ingress", "Service"])
        self.assertEqual(kinds["Ingress"]["spec"]["rules"][0]["host"], "app.example.com")
        pod = kinds["Deployment"]["spec"]["template"]
        self.assertEqual(pod["spec"]["containers"][0]["image"], f"{values['image']}:{'1' * 40}")
        self.assertEqual(pod["metadata"]["labels"], kinds["Service"]["spec"]["selector"])

    def test_without_a_commit_there_is_no_manifest(self) -> None:
        template = (k_folder / "chart/templates/deployment.yaml").read_text(encoding="utf-8")
        with self.assertRaisesRegex(AssertionError, "see argocd/"):
            rendered(template, dict(documents((k_folder / "chart/values.yaml").read_text())[0]))


if __name__ == "__main__":
    unittest.main()
