"""The software bill of materials of a release: SPDX 2.3, as JSON."""

import datetime
import hashlib
import json
import platform
import re
import uuid
from urllib.parse import quote

EXTRACTED = {
    "LicenseRef-public-domain": "The time zone database is in the public domain.",
}


def reference(kind, name):
    """An SPDX identifier, in the letters that it may have."""
    return f"SPDXRef-{kind}-" + re.sub(r"[^A-Za-z0-9.-]+", "-", name)


def purl(source, version):
    """A Debian source package as a package URL."""
    try:
        vendor = platform.freedesktop_os_release()["ID"]
    except (OSError, KeyError):
        vendor = "debian"
    return f"pkg:deb/{vendor}/{quote(source, safe='')}@{quote(version, safe='')}?arch=source"


def package(name, identifier, version, licence, **more):
    return {
        "name": name,
        "SPDXID": identifier,
        "versionInfo": version,
        "supplier": "NOASSERTION",
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": False,
        "licenseConcluded": licence,
        "licenseDeclared": licence,
        "copyrightText": "NOASSERTION",
        **more,
    }


def sha256(value):
    return {"algorithm": "SHA256", "checksumValue": value}


def relationship(subject, kind, other):
    return {"spdxElementId": subject, "relationshipType": kind, "relatedSpdxElement": other}


def dependency(entry):
    """The SPDX package of one component of the inventory (cmake/licences/embed.py)."""
    more = {}
    if entry["sha256"]:
        more["checksums"] = [sha256(entry["sha256"])]
        more["sourceInfo"] = (
            f"Built from Debian's source package {entry['source']} {entry['version']}; the checksum"
            " is that of its upstream tarball, which is pinned.")
    else:
        more["sourceInfo"] = (
            f"Static archives or data of the distribution, from its source package"
            f" {entry['source']}; what goes in is listed with checksums.")
    # "of fedora 41" is no version that a package URL could name.
    if entry["version"][0].isdigit():
        more["externalRefs"] = [{
            "referenceCategory": "PACKAGE-MANAGER",
            "referenceType": "purl",
            "referenceLocator": purl(entry["source"], entry["version"]),
        }]
    return package(entry["name"], reference("Package", entry["name"]), entry["version"],
                   entry["licence"], **more)


def files_of(entry):
    """The SPDX files of what the distribution's packages bring."""
    for content in entry["contents"]:
        yield {
            "fileName": f"./{content['name']}",
            "SPDXID": reference("File", content["name"]),
            "checksums": [
                {"algorithm": "SHA1", "checksumValue": content["sha1"]},
                sha256(content["sha256"]),
            ],
            "licenseConcluded": entry["licence"],
            "copyrightText": "NOASSERTION",
        }


def document(name, version, commit, binary, inventory, epoch):
    """The whole document as bytes. `binary`: its bytes. `epoch`: seconds, the time it is of."""
    digest = hashlib.sha256(binary).hexdigest()
    created = datetime.datetime.fromtimestamp(epoch, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    own = reference("Package", "headway")
    packages = [package("headway", own, version, "MIT", checksums=[sha256(digest)],
                        primaryPackagePurpose="APPLICATION",
                        sourceInfo=f"Built from commit {commit}; the checksum is the program's.")]
    files = []
    relationships = [relationship("SPDXRef-DOCUMENT", "DESCRIBES", own)]
    for entry in inventory:
        item = dependency(entry)
        packages.append(item)
        kind = "STATIC_LINK" if entry["linked"] else "CONTAINS"
        relationships.append(relationship(own, kind, item["SPDXID"]))
        for file in files_of(entry):
            files.append(file)
            relationships.append(relationship(item["SPDXID"], "CONTAINS", file["SPDXID"]))
    used = " ".join(entry["licence"] for entry in inventory)
    result = {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": name,
        "documentNamespace": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, digest)}",
        "creationInfo": {"created": created, "creators": [f"Tool: headway-release-{version}"]},
        "packages": packages,
        "files": files,
        "relationships": relationships,
        "hasExtractedLicensingInfos": [
            {"licenseId": key, "extractedText": text}
            for key, text in EXTRACTED.items()
            if key in used
        ],
    }
    return (json.dumps(result, indent=1, ensure_ascii=False) + "\n").encode()
